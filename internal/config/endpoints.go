// Package config says how a process of Rollcall is told where everything is: the endpoints of a running stack
// (endpoints.json) and the settings of a deployment.
package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Endpoints says where the parts of a running stack answer. It is the content of `endpoints.json`,
// which `rollcall dev` writes once all parts answer and removes when it stops, and which every other
// command reads. Every key is always present; "" (or 0) stands for what is unknown or not run.
//
// Keys may be added; none is renamed or given another meaning, since other programs read the file.
type Endpoints struct {
	Temporal   string `json:"temporal"`    // host:port of Temporal's frontend
	TemporalUI string `json:"temporal_ui"` // URL of its Web UI
	Namespace  string `json:"namespace"`   // Temporal namespace
	Postgres   string `json:"postgres"`    // connection URL, with the password
	SFTP       SFTP   `json:"sftp"`        // hosted SFTP server
	SMTP       string `json:"smtp"`        // host:port that takes mail
	MailDir    string `json:"mail_dir"`    // folder with one .eml a delivered message
	MailUI     string `json:"mail_ui"`     // URL of the inbox over mail_dir
	Console    string `json:"console"`     // URL of the staff's console
	Metrics    string `json:"metrics"`     // URL of the worker's metrics
	StateDir   string `json:"state_dir"`   // folder that holds the artifacts
}

// SFTP is the address of the hosted SFTP server, split because `sftp` and `scp` take the port apart.
type SFTP struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// LoadEndpoints reads an endpoints file. A file that is absent is told by errors.Is(err, fs.ErrNotExist):
// no stack is up there. Keys that are not known are passed over, so that an older command can read
// what a newer stack wrote.
func LoadEndpoints(path string) (Endpoints, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Endpoints{}, fmt.Errorf("read endpoints: %w", err)
	}
	var e Endpoints
	if err := json.Unmarshal(raw, &e); err != nil {
		return Endpoints{}, fmt.Errorf("read endpoints %s: %w", path, err)
	}
	return e, nil
}

// Write replaces the file at path in one step: a reader sees the whole old file or the whole new one. Only
// its owner may read it, for it holds the database's password.
func (e Endpoints) Write(path string) error {
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("encode endpoints: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".endpoints-*")
	if err != nil {
		return fmt.Errorf("write endpoints: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(append(raw, '\n'))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write endpoints: %w", err)
	}
	return nil
}
