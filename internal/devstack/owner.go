package devstack

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root. A stack that is started by root runs it as the user that the package made for
// it, and since that user can't enter root's folders, the cluster lies in a temporary one, under a name that follows from
// the stack's folder.

// clusterPlace says where the cluster of a stack's folder goes, and which user runs it (nil for this one).
func clusterPlace(dir string) (string, *syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return filepath.Join(dir, "postgres"), nil, nil
	}
	owner, err := postgresUser()
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("rollcall-pg-%x", sha256.Sum256([]byte(dir)))[:len("rollcall-pg-")+16]
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if openToAll(parent) {
			return filepath.Join(parent, name), owner, nil
		}
	}
	return "", nil, fmt.Errorf("no temporary folder that the user postgres can enter: set TMPDIR to one")
}

func postgresUser() (*syscall.Credential, error) {
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres to run it as: " +
			"install the package postgresql, which makes one, or start the stack as another user")
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read id of user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read group of user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// openToAll reports whether every user may enter the folder.
func openToAll(dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// ownerOf returns the user that a cluster which exists is run as: for root whoever owns it, otherwise this one.
func ownerOf(base string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	info, err := os.Lstat(base)
	if err != nil {
		return nil, fmt.Errorf("open cluster: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil, fmt.Errorf("the cluster %s belongs to root, as which PostgreSQL does not run: remove it", base)
	}
	return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}, nil
}

// checkOwned refuses to touch a folder at the cluster's place that somebody else may have put there: temporary folders
// are open to all.
func checkOwned(base string, owner *syscall.Credential) error {
	info, err := os.Lstat(base)
	if err != nil {
		return fmt.Errorf("look at old cluster: %w", err)
	}
	want := uint32(os.Geteuid())
	if owner != nil {
		want = owner.Uid
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	// Between making the folder and giving it away, a killed run leaves it root's.
	if !info.IsDir() || !ok || stat.Uid != want && stat.Uid != uint32(os.Geteuid()) || info.Mode().Perm()&fs.FileMode(0o077) != 0 {
		return fmt.Errorf("%s is in the place of the stack's database and is not the stack's: remove it", base)
	}
	return nil
}
