package sftpd

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/inbox"
)

// minRSABits is the least that a customer's RSA key must have.
const minRSABits = 2048

// ParseKey reads a public key as people have it: one line of an id_ed25519.pub or authorized_keys file. Its comment becomes the label. It refuses kinds of keys that can't
// log in here: DSA, RSA under 2048 bits, certificates.
func ParseKey(line []byte) (inbox.Key, error) {
	public, comment, options, rest, err := ssh.ParseAuthorizedKey(line)
	switch {
	case err != nil:
		return inbox.Key{}, errors.New("read public key: it is not a line like \"ssh-ed25519 AAAA... comment\"")
	case len(options) > 0:
		return inbox.Key{}, errors.New("read public key: options before the key are not honoured, remove them")
	case strings.TrimSpace(string(rest)) != "":
		return inbox.Key{}, errors.New("read public key: the file holds more than one")
	}
	if err := usable(public); err != nil {
		return inbox.Key{}, fmt.Errorf("read public key: %w", err)
	}
	return inbox.Key{
		Fingerprint: ssh.FingerprintSHA256(public),
		Algorithm:   public.Type(),
		PublicKey:   strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))),
		Label:       comment,
	}, nil
}

func usable(public ssh.PublicKey) error {
	switch public.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256:
		return nil
	case ssh.KeyAlgoRSA:
		if bits := rsaBits(public); bits < minRSABits {
			return fmt.Errorf("an RSA key needs at least %d bits, this one has %d", minRSABits, bits)
		}
		return nil
	}
	return fmt.Errorf("keys of type %s can't be used: make one by ssh-keygen -t ed25519", public.Type())
}
