package devstack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// openDir makes the stack's folder and those in it, and returns its absolute path. The folder holds a password
// and members' data, so that only its owner may enter it.
func openDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find stack folder: %w", err)
	}
	for _, folder := range []string{"logs", "run", "state"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return "", fmt.Errorf("make stack folder: %w", err)
		}
	}
	return dir, nil
}

// lockWait is the time that a process killed just now is given to be gone, before its lock counts as another stack.
const lockWait = time.Second

// lockDir takes the folder for this process, until the returned file is closed or the process ends, in whichever
// way. A file handle that children inherited would hold the lock longer; Go opens none for them.
func lockDir(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock stack folder: %w", err)
	}
	for deadline := time.Now().Add(lockWait); ; time.Sleep(readyPoll) {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			break
		}
	}
	_ = lock.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another stack already runs in %s: stop it, or choose another folder with --dir", dir)
	}
	return nil, fmt.Errorf("lock stack folder: %w", err)
}

// Remove deletes a stack's folder with all its state, and the cluster that lies elsewhere. A folder whose stack
// runs is refused; one that does not exist is no error.
func Remove(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find stack folder: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if record, err := readClusterRecord(dir); err == nil {
		if err := os.RemoveAll(record.Cluster); err != nil {
			return fmt.Errorf("remove cluster: %w", err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove stack folder: %w", err)
	}
	return nil
}

// readJSON decodes a state file into v; one that is absent is fs.ErrNotExist.
func readJSON(path string, v any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeJSON replaces a state file in one step, readable by its owner only.
func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
	}
	// One process holds the folder's lock, so a fixed name beside the file is its own.
	temp := path + ".new"
	if err := os.WriteFile(temp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
