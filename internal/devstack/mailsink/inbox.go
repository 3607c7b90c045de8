package mailsink

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
)

// pageSize is the number of messages on one page of the list.
const pageSize = 50

//go:embed inbox.html message.html inbox.css
var assets embed.FS

// inbox is the web page over a store. It only reads.
type inbox struct {
	store *store
	log   *slog.Logger
	pages *template.Template
}

// listPage is the data of inbox.html. Older is the number to list below, 0 on the last page.
type listPage struct {
	Messages []header
	Taken    int64
	First    bool
	Older    int64
}

func newInbox(store *store, log *slog.Logger) http.Handler {
	i := &inbox{store: store, log: log, pages: template.Must(template.ParseFS(assets, "*.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", i.list)
	mux.HandleFunc("GET /messages/{number}", i.show)
	mux.HandleFunc("GET /messages/{number}/raw", i.raw)
	mux.HandleFunc("GET /inbox.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, assets, "inbox.css")
	})
	return guard(mux)
}

// guard refuses names that are not of this machine, and forbids the browser whatever the pages don't need.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if !loopback(r.Host) {
			http.Error(w, "this inbox answers to 127.0.0.1 and localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (i *inbox) list(w http.ResponseWriter, r *http.Request) {
	before := int64(math.MaxInt64)
	if asked := r.URL.Query().Get("before"); asked != "" {
		n, err := strconv.ParseInt(asked, 10, 64)
		if err != nil || n < 1 {
			http.NotFound(w, r)
			return
		}
		before = n
	}
	messages, more, err := i.store.page(before, pageSize)
	if err != nil {
		i.fail(w, err)
		return
	}
	page := listPage{Messages: messages, Taken: i.store.last.Load(), First: before == math.MaxInt64}
	if more {
		page.Older = messages[len(messages)-1].Number
	}
	i.render(w, "inbox.html", page)
}

func (i *inbox) show(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	m, err := i.store.read(n)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
	case err != nil:
		i.fail(w, err)
	default:
		i.render(w, "message.html", m)
	}
}

func (i *inbox) raw(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	source, err := os.ReadFile(i.store.path(n))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
	case err != nil:
		i.fail(w, err)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(source)
	}
}

// render builds the page before the first byte goes out, so that a failure is an error and not half a page.
func (i *inbox) render(w http.ResponseWriter, name string, data any) {
	var page bytes.Buffer
	if err := i.pages.ExecuteTemplate(&page, name, data); err != nil {
		i.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w)
}

func (i *inbox) fail(w http.ResponseWriter, err error) {
	i.log.Error("inbox page failed", "error", err)
	http.Error(w, "the inbox could not be read", http.StatusInternalServerError)
}
