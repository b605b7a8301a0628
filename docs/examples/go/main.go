// Signs in, calls, follows a stream beyond the life of its token, and reads why calls are refused.
package main

import (
	"context"
	"fmt"
	"log"
	"net/url"
	"os"
	"time"

	authv1 "example/gen/countersign/auth/v1"
	demov1 "example/gen/countersign/demo/v1"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

const seconds = 12

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatalf("%s %s: %v", status.Code(err), reasonOf(err), err)
	}
}

func run(ctx context.Context) error {
	address, err := url.Parse(os.Getenv("ADDRESS"))
	if err != nil {
		return err
	}
	// With TLS: grpc.WithTransportCredentials.
	conn, err := grpc.Dial(address.Host, grpc.WithInsecure())
	if err != nil {
		return err
	}
	defer conn.Close()
	notes := demov1.NewNotesServiceClient(conn)
	_, err = notes.ListNotes(ctx, &demov1.ListNotesRequest{})
	fmt.Println("without a token:", status.Code(err), reasonOf(err))

	sessions := authv1.NewSessionServiceClient(conn)
	s := &session{service: sessions}
	if err := s.signIn(ctx, "demo", "demo-password"); err != nil {
		return err
	}
	token := grpc.PerRPCCredentials(s)
	if err := follow(ctx, conn, s); err != nil {
		return err
	}
	if _, err := sessions.SignOut(ctx, &authv1.SignOutRequest{}, token); err != nil {
		return err
	}
	_, err = notes.ListNotes(ctx, &demov1.ListNotesRequest{}, token)
	fmt.Println("after the sign-out:", status.Code(err), reasonOf(err))
	return nil
}

// follow prints notes as they are written, longer than two tokens last.
func follow(ctx context.Context, conn *grpc.ClientConn, s *session) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	notes := demov1.NewNotesServiceClient(conn)
	before, err := notes.ListNotes(ctx, &demov1.ListNotesRequest{}, grpc.PerRPCCredentials(s))
	if err != nil {
		return err
	}
	events, err := watchNotes(ctx, conn, s, before.Sequence)
	if err != nil {
		return err
	}
	for second := 1; second <= seconds; second++ {
		request := &demov1.CreateNoteRequest{Title: fmt.Sprintf("second %d", second)}
		if _, err := notes.CreateNote(ctx, request, grpc.PerRPCCredentials(s)); err != nil {
			return err
		}
		event, err := events.Recv()
		if err != nil {
			return err
		}
		fmt.Println(event.Note.Title)
		time.Sleep(time.Second)
	}
	return nil
}

// reasonOf finds the reason that a Countersign server gives, such as TOKEN_EXPIRED; empty for errors from elsewhere.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.Domain == "countersign" {
			return info.Reason
		}
	}
	return ""
}
