package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	authv1 "example/gen/countersign/auth/v1"
	demov1 "example/gen/countersign/demo/v1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// watchNotes opens a stream of what happens to notes, and renews it with each next token until ctx is done.
func watchNotes(ctx context.Context, conn *grpc.ClientConn, s *session, after int64) (demov1.NotesService_WatchNotesClient, error) {
	streamID := randomID()
	named := metadata.AppendToOutgoingContext(ctx, "countersign-stream-id", streamID)
	request := &demov1.WatchNotesRequest{AfterSequence: after}
	events, err := demov1.NewNotesServiceClient(conn).WatchNotes(named, request, grpc.PerRPCCredentials(s))
	if err != nil {
		return nil, err
	}
	// The headers come as soon as the stream is open, before its first message.
	header, err := events.Header()
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.Atoi(first(header, "countersign-expires-in"))
	if err != nil {
		return nil, err
	}
	stream := &authv1.StreamRef{StreamId: streamID, Owner: first(header, "countersign-stream-owner")}
	go renew(ctx, authv1.NewStreamServiceClient(conn), s, stream, time.Duration(seconds)*time.Second)
	return events, nil
}

func renew(ctx context.Context, service authv1.StreamServiceClient, s *session, stream *authv1.StreamRef, lasts time.Duration) {
	request := &authv1.RenewRequest{Streams: []*authv1.StreamRef{stream}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lasts * 3 / 4):
		}
		if err := s.refresh(ctx); err != nil {
			fmt.Println("no next token:", err)
			return
		}
		answer, err := service.Renew(ctx, request, grpc.PerRPCCredentials(s))
		if err != nil || len(answer.Streams) == 0 {
			// The stream ends with its token, and its reader learns why.
			return
		}
		lasts = answer.Streams[0].ExpiresIn.AsDuration()
		fmt.Printf("the stream is renewed, for %.0f seconds\n", lasts.Seconds())
	}
}

func first(header metadata.MD, name string) string {
	if values := header.Get(name); len(values) > 0 {
		return values[0]
	}
	return ""
}
