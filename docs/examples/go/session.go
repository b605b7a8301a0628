package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"

	authv1 "example/gen/countersign/auth/v1"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const refreshAttempts = 3

// session holds the tokens of a user, and replaces them before they expire. It is a credentials.PerRPCCredentials: calls
// get a good token by themselves.
type session struct {
	service authv1.SessionServiceClient

	mutex   sync.Mutex
	tokens  *authv1.TokenSet
	staleAt time.Time
}

// signIn begins a session.
func (s *session) signIn(ctx context.Context, username, password string) error {
	credential := &authv1.PasswordCredential{Username: username, Password: password}
	asked := time.Now()
	answer, err := s.service.SignIn(ctx, &authv1.SignInRequest{
		Credential: &authv1.SignInRequest_Password{Password: credential},
	})
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.keep(answer.Tokens, asked)
	return nil
}

// GetRequestMetadata puts the token into a call, or its successor once 80 % of its life are over.
func (s *session) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if time.Now().After(s.staleAt) {
		if err := s.refreshLocked(ctx); err != nil {
			return nil, err
		}
	}
	return map[string]string{"authorization": "Bearer " + s.tokens.AccessToken}, nil
}

// RequireTransportSecurity says false for the demo on this machine. Say true where the server is another one.
func (s *session) RequireTransportSecurity() bool { return false }

// refresh replaces the token now.
func (s *session) refresh(ctx context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.refreshLocked(ctx)
}

func (s *session) refreshLocked(ctx context.Context) error {
	// One name for all attempts: when an answer was lost, the server gives out the same refresh token again. Under another
	// name, the old refresh token counts as stolen, and the session ends.
	request := &authv1.RefreshRequest{RefreshToken: s.tokens.RefreshToken, RefreshId: randomID()}
	for attempt := 1; ; attempt++ {
		asked := time.Now()
		answer, err := s.attempt(ctx, request)
		if err == nil {
			s.keep(answer.Tokens, asked)
			return nil
		}
		code := status.Code(err)
		if attempt == refreshAttempts || (code != codes.Unavailable && code != codes.DeadlineExceeded) {
			return err
		}
		time.Sleep(time.Duration(attempt) * time.Second)
	}
}

func (s *session) attempt(ctx context.Context, request *authv1.RefreshRequest) (*authv1.RefreshResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.service.Refresh(ctx, request)
}

func (s *session) keep(tokens *authv1.TokenSet, asked time.Time) {
	s.tokens = tokens
	// Counted from when the token was asked for, by the clock of this machine alone.
	s.staleAt = asked.Add(tokens.ExpiresIn.AsDuration() * 8 / 10)
}

// randomID makes 128 random bits in base64url, which name an attempt or a stream.
func randomID() string {
	bits := make([]byte, 16)
	if _, err := rand.Read(bits); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bits)
}
