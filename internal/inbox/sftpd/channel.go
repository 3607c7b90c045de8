package sftpd

import (
	"context"
	"errors"
	"io"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// channel serves one session channel. It starts one thing, the sftp subsystem or what [Exec] answers, and refuses all else: shell, pty, environment, forwarding.
func (c *connection) channel(ctx context.Context, offered ssh.NewChannel) {
	ch, requests, err := offered.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	done := make(chan struct{})
	started := false
	for {
		select {
		case <-done:
			return
		case request, ok := <-requests:
			if !ok {
				if started {
					<-done
				}
				return
			}
			serve := c.answer(ctx, ch, request)
			accepted := serve != nil && !started
			if request.WantReply {
				// It fails only where the connection is gone.
				_ = request.Reply(accepted, nil)
			}
			if accepted {
				started = true
				go func() {
					defer close(done)
					exit(ch, serve())
				}()
			}
		}
	}
}

// answer returns what serves a request, nil where it is refused.
func (c *connection) answer(ctx context.Context, ch ssh.Channel, request *ssh.Request) (serve func() uint32) {
	var payload struct{ Value string }
	if request.Type != "subsystem" && request.Type != "exec" || ssh.Unmarshal(request.Payload, &payload) != nil {
		return nil
	}
	switch {
	case request.Type == "subsystem" && payload.Value == "sftp":
		return func() uint32 { return c.serveSFTP(ctx, ch) }
	case request.Type == "exec" && c.server.Exec != nil:
		return func() uint32 { return c.execute(ctx, ch, payload.Value) }
	}
	return nil
}

func (c *connection) execute(ctx context.Context, ch ssh.Channel, command string) uint32 {
	status, ok := c.server.Exec(ctx, c.login.tenant, command, ch)
	if !ok {
		// It fails only where the connection is gone.
		_, _ = io.WriteString(ch.Stderr(), "only sftp is served here\n")
		return 1
	}
	return status
}

func (c *connection) serveSFTP(ctx context.Context, ch ssh.Channel) uint32 {
	s := newSession(ctx, c)
	server := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: s, FilePut: s, FileCmd: s, FileList: s})
	if err := server.Serve(); err != nil && !errors.Is(err, io.EOF) {
		return 1
	}
	return 0
}

// exit tells the client how it ended; clients such as scp take silence for a failure.
func exit(ch ssh.Channel, status uint32) {
	// It fails only where the connection is gone.
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
}
