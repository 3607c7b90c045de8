package sftpd

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// A HostKey is what a server proves itself with, for people and known_hosts files.
type HostKey struct {
	Algorithm   string // such as ssh-ed25519
	Fingerprint string // SHA256:... as OpenSSH shows it
	PublicKey   string // one line, as in authorized_keys
}

func describeHostKey(signer ssh.Signer) HostKey {
	public := signer.PublicKey()
	return HostKey{
		Algorithm:   public.Type(),
		Fingerprint: ssh.FingerprintSHA256(public),
		PublicKey:   strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))),
	}
}

// madeMarker says that the keys beside it were made once.
const madeMarker = "host_keys_made"

// hostKeys returns the signers of the keys in dir. It makes the keys where none were ever made, and fails where they were and one is gone. A start that was cut
// short while making them is finished by the next.
func hostKeys(dir string) ([]ssh.Signer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// Servers that start at the same time on one folder must not each make keys.
	unlock, err := lockFolder(dir, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer unlock()
	marker := filepath.Join(dir, madeMarker)
	_, err = os.Stat(marker)
	made := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var signers []ssh.Signer
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		signer, err := hostKey(filepath.Join(dir, "ssh_host_"+kind+"_key"), kind, made)
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	if !made {
		err = writeDurably(marker, []byte("Host keys were made here. Where one is missing, restore it: the server makes no new ones.\n"))
	}
	return signers, err
}

func hostKey(path, kind string, made bool) (ssh.Signer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if made {
			return nil, fmt.Errorf("%s was made before and is gone: restore it, since customers' clients refuse a server whose key changed", path)
		}
		text, err = makeHostKey(path, kind)
	}
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if kind != "rsa" {
		return signer, nil
	}
	algorithms, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		return nil, fmt.Errorf("read %s: it is not an RSA key", path)
	}
	return ssh.NewSignerWithAlgorithms(algorithms, []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512})
}

func makeHostKey(path, kind string) ([]byte, error) {
	private, err := generate(kind)
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", kind, err)
	}
	block, err := ssh.MarshalPrivateKey(private, "rollcall")
	if err != nil {
		return nil, fmt.Errorf("make %s key: %w", kind, err)
	}
	text := pem.EncodeToMemory(block)
	return text, writeDurably(path, text)
}

func generate(kind string) (crypto.PrivateKey, error) {
	switch kind {
	case "ed25519":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case "ecdsa":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		return rsa.GenerateKey(rand.Reader, 3072)
	}
}

// writeDurably makes a file that only the owner can read, whole or not at all.
func writeDurably(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
