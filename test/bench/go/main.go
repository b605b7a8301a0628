// Serves the notes of the benches with grpc-go, and verifies the token of every call with golang-jwt.
//
// Its argument is the public key in PEM. It writes its port on a line, then, for every line that it reads, the
// processor time that it has taken, in microseconds, and ends with its input.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"countersign/notes"

	"github.com/golang-jwt/jwt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	algorithm = "ES256"
	audience  = "bench"
	issuer    = "https://issuer.example"
)

type claims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

type verifier struct {
	key    *ecdsa.PublicKey
	parser *jwt.Parser
}

func (v verifier) verify(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	header := md.Get("authorization")
	if len(header) != 1 || !strings.HasPrefix(header[0], "Bearer ") {
		return status.Error(codes.Unauthenticated, "no token")
	}
	var found claims
	_, err := v.parser.ParseWithClaims(strings.TrimPrefix(header[0], "Bearer "), &found, func(*jwt.Token) (interface{}, error) {
		return v.key, nil
	})
	if err != nil || !found.VerifyIssuer(issuer, true) || !found.VerifyAudience(audience, true) {
		return status.Error(codes.Unauthenticated, "bad token")
	}
	return nil
}

func (v verifier) unary(ctx context.Context, req interface{}, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (interface{}, error) {
	if err := v.verify(ctx); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

func (v verifier) stream(server interface{}, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := v.verify(stream.Context()); err != nil {
		return err
	}
	return next(server, stream)
}

// Debian's grpc-go reads messages with the first API of protobuf for Go, which does not know those that are generated
// today. Later releases have this codec built in.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(message interface{}) ([]byte, error) {
	return proto.Marshal(message.(proto.Message))
}

func (codec) Unmarshal(data []byte, message interface{}) error {
	return proto.Unmarshal(data, message.(proto.Message))
}

type service struct {
	notes.UnimplementedNotesServiceServer
}

func (service) CreateNote(_ context.Context, req *notes.CreateNoteRequest) (*notes.Note, error) {
	return &notes.Note{Title: req.Title, Body: req.Body}, nil
}

var event = &notes.NoteEvent{Sequence: 1, Note: &notes.Note{Id: "note", Title: strings.Repeat("x", 64)}}

// Sends as many messages as it is asked for.
func (service) WatchNotes(req *notes.WatchNotesRequest, stream notes.NotesService_WatchNotesServer) error {
	for sent := int64(0); sent < req.AfterSequence; sent++ {
		if err := stream.Send(event); err != nil {
			return err
		}
	}
	return nil
}

func (service) ImportNotes(stream notes.NotesService_ImportNotesServer) error {
	for created := int32(0); ; created++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return stream.SendAndClose(&notes.ImportNotesResponse{Created: created})
		} else if err != nil {
			return err
		}
	}
}

func (service) SyncNotes(stream notes.NotesService_SyncNotesServer) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&notes.SyncNotesResponse{NoteId: req.NoteId + req.Body, Sequence: 1}); err != nil {
			return err
		}
	}
}

func cpuMicroseconds() (int64, error) {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1000, err
}

func run(pem string) error {
	key, err := jwt.ParseECPublicKeyFromPEM([]byte(pem))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	verifier := verifier{key, jwt.NewParser(jwt.WithValidMethods([]string{algorithm}))}
	encoding.RegisterCodec(codec{})
	server := grpc.NewServer(grpc.UnaryInterceptor(verifier.unary), grpc.StreamInterceptor(verifier.stream))
	notes.RegisterNotesServiceServer(server, service{})
	go server.Serve(listener)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		micros, err := cpuMicroseconds()
		if err != nil {
			return err
		}
		fmt.Println(micros)
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: server PUBLIC-KEY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
