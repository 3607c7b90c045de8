// Package mailtest lends tests an SMTP server that breaks where it is told to: it speaks the protocol over plain sockets, so that it can drop a connection at any
// verb, take a message and not say so, or answer whatever it likes. It remembers what it took, which is what tests count.
package mailtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// A Point is a place in the protocol at which the server asks its script what to do.
type Point string

// The points.
const (
	Greeting  Point = "greeting"
	Hello     Point = "hello"
	Sender    Point = "sender"
	Recipient Point = "recipient"
	Data      Point = "data"
	Content   Point = "content" // after the first bytes of the content
	Dot       Point = "dot"     // after the whole message came
	Reset     Point = "reset"
	Quit      Point = "quit"
)

// An Event is a point reached.
type Event struct {
	Point Point
	Nth   int    // how often this point was reached on this server, counted from 1
	To    string // the recipient, once it is known
}

// An Act is what the server does at a point. Its zero value is to behave: the right answer, and to take the message at the dot.
type Act struct {
	Reply  string // answered instead, like "550 5.1.1 no such user"; a message refused so is not taken
	Silent bool   // no answer; at the dot the message is not taken
	Take   bool   // at the dot: take the message all the same
	Hangup bool   // end the connection, after the reply where there is one
	Stall  bool   // read and answer nothing more until the client leaves
}

// A Script decides. It may be called from several connections at once.
type Script func(Event) Act

// Behave is the script of a server without faults.
func Behave(Event) Act { return Act{} }

// Once returns a script that does act the first time that at is reached, and behaves otherwise.
func Once(at Point, act Act) Script {
	return func(e Event) Act {
		if e.Point == at && e.Nth == 1 {
			return act
		}
		return Act{}
	}
}

// A Message is one that the server took.
type Message struct {
	To        string
	MessageID string
	Header    mail.Header
	Body      string
}

// A Server is a running server. Its methods are safe for concurrent use.
type Server struct {
	Addr string

	script   Script
	listener net.Listener
	handlers sync.WaitGroup

	mu          sync.Mutex
	reached     map[Point]int
	taken       []Message
	connections map[net.Conn]bool
	dialled     int
	closed      bool
}

// Start starts a server on a free port of this machine; it ends with the test.
func Start(t testing.TB, script Script) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Addr: listener.Addr().String(), script: script, listener: listener, reached: map[Point]int{}, connections: map[net.Conn]bool{},
	}
	s.handlers.Go(s.serve)
	t.Cleanup(s.Close)
	return s
}

// Close ends the server and every connection, and waits for them. It may be called again.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.connections {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.handlers.Wait()
}

// Taken returns the messages taken so far, in their order.
func (s *Server) Taken() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.taken...)
}

// Dialled returns how many connections were made so far.
func (s *Server) Dialled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled
}

// Connected returns how many connections are open on the server's side.
func (s *Server) Connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connections)
}

// Reached returns how often a point was reached so far.
func (s *Server) Reached(at Point) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached[at]
}

func (s *Server) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.hold(conn) {
			return
		}
		s.handlers.Go(func() {
			defer s.release(conn)
			c := &connection{server: s, conn: conn, in: bufio.NewReader(conn)}
			c.run()
		})
	}
}

func (s *Server) hold(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close()
		return false
	}
	s.connections[conn] = true
	s.dialled++
	return true
}

func (s *Server) release(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, conn)
}

func (s *Server) at(p Point, to string) Act {
	s.mu.Lock()
	s.reached[p]++
	e := Event{Point: p, Nth: s.reached[p], To: to}
	s.mu.Unlock()
	return s.script(e)
}

func (s *Server) take(to, source string) {
	m := Message{To: to}
	if parsed, err := mail.ReadMessage(strings.NewReader(source)); err == nil {
		body, _ := io.ReadAll(parsed.Body)
		m.Header, m.MessageID, m.Body = parsed.Header, parsed.Header.Get("Message-Id"), string(body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, m)
}

// connection is one client's.
type connection struct {
	server *Server
	conn   net.Conn
	in     *bufio.Reader
	to     string
}

var errHungUp = errors.New("hung up")

func (c *connection) run() {
	if c.answer(c.server.at(Greeting, ""), "220 mailtest ready") != nil {
		return
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil || c.command(strings.TrimRight(line, "\r\n")) != nil {
			return
		}
	}
}

func (c *connection) command(line string) error {
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "EHLO", "HELO":
		return c.answer(c.server.at(Hello, ""), "250-mailtest\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250 8BITMIME")
	case "MAIL":
		c.to = ""
		return c.answer(c.server.at(Sender, ""), "250 2.1.0 ok")
	case "RCPT":
		c.to = between(line, "<", ">")
		return c.answer(c.server.at(Recipient, c.to), "250 2.1.5 ok")
	case "DATA":
		return c.data()
	case "RSET":
		return c.answer(c.server.at(Reset, c.to), "250 2.0.0 ok")
	case "NOOP":
		return c.answer(Act{}, "250 2.0.0 ok")
	case "QUIT":
		_ = c.answer(c.server.at(Quit, ""), "221 2.0.0 bye")
		return errHungUp
	}
	return c.answer(Act{}, "500 5.5.1 unknown command")
}

func (c *connection) data() error {
	act := c.server.at(Data, c.to)
	if err := c.answer(act, "354 go ahead"); err != nil || act.Reply != "" {
		return err
	}
	var source strings.Builder
	for first := true; ; first = false {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		if first {
			if act := c.server.at(Content, c.to); act != (Act{}) {
				return c.answer(act, "")
			}
		}
		if line == ".\r\n" {
			break
		}
		source.WriteString(strings.TrimPrefix(line, "."))
	}
	act = c.server.at(Dot, c.to)
	if act.Take || act.Reply == "" && !act.Silent && !act.Stall {
		c.server.take(c.to, source.String())
	}
	return c.answer(act, "250 2.0.0 taken")
}

// answer does what act says, with usual as the right answer. It returns an error when the connection is over.
func (c *connection) answer(act Act, usual string) error {
	if act.Stall {
		_, _ = io.Copy(io.Discard, c.in)
		return errHungUp
	}
	reply := usual
	if act.Reply != "" {
		reply = act.Reply
	}
	if !act.Silent && reply != "" {
		if _, err := fmt.Fprintf(c.conn, "%s\r\n", reply); err != nil {
			return err
		}
	}
	if act.Hangup {
		return errHungUp
	}
	return nil
}

func between(s, open, end string) string {
	_, s, _ = strings.Cut(s, open)
	s, _, _ = strings.Cut(s, end)
	return s
}
