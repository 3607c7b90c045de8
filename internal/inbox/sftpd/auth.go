package sftpd

import (
	"context"
	"crypto/rsa"
	"errors"

	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/tenant"
)

// A login is who a connection belongs to: the tenant, and the key that proved itself.
type login struct {
	tenant      tenant.ID
	fingerprint string
}

// loginKey is where the login is kept in a connection's permissions.
type loginKey struct{}

// errRefused is the one answer to whoever may not get in.
var errRefused = errors.New("login refused")

// serverConfig sets every list by hand: the library's defaults keep what old clients need, such as signatures and key exchanges by SHA-1.
func (s *Server) serverConfig(hostKeys []ssh.Signer) *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		Config: ssh.Config{
			KeyExchanges: []string{
				ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519, ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
				ssh.KeyExchangeDH16SHA512, ssh.KeyExchangeDH14SHA256,
			},
			Ciphers: []string{
				ssh.CipherAES128GCM, ssh.CipherAES256GCM, ssh.CipherChaCha20Poly1305, ssh.CipherAES128CTR, ssh.CipherAES192CTR, ssh.CipherAES256CTR,
			},
			MACs: []string{ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512},
		},
		PublicKeyAuthAlgorithms: []string{
			ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256,
			ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512,
		},
		PublicKeyCallback:         s.offered,
		VerifiedPublicKeyCallback: s.proved,
		ServerVersion:             "SSH-2.0-Rollcall",
	}
	for _, key := range hostKeys {
		config.AddHostKey(key)
	}
	return config
}

// offered answers whether a key would do. It binds nothing: a client may offer any key, also one that it does not hold.
func (s *Server) offered(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if _, err := s.lookUp(conn, key); err != nil {
		return nil, err
	}
	return &ssh.Permissions{}, nil
}

// proved binds the connection to the tenant. It looks the key up again: it may have been removed while the client was thinking.
func (s *Server) proved(conn ssh.ConnMetadata, key ssh.PublicKey, _ *ssh.Permissions, _ string) (*ssh.Permissions, error) {
	who, err := s.lookUp(conn, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if err := s.Store.TouchKey(ctx, who.tenant, who.fingerprint, s.Clock.Now()); err != nil {
		s.Log.Warn("note use of key", "tenant", who.tenant, "error", err)
	}
	return &ssh.Permissions{ExtraData: map[any]any{loginKey{}: who}}, nil
}

// lookUp returns whom a key would log in. A user name that can't be a tenant's costs the look-up too.
func (s *Server) lookUp(conn ssh.ConnMetadata, key ssh.PublicKey) (login, error) {
	id, unparsable := tenant.ParseID(conn.User())
	who := login{tenant: id, fingerprint: ssh.FingerprintSHA256(key)}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	allowed, err := s.Store.KeyAllowed(ctx, id, who.fingerprint)
	if err != nil {
		s.Log.Error("look up key", "error", err)
	}
	if err != nil || unparsable != nil || !allowed {
		return login{}, errRefused
	}
	return who, nil
}

func rsaBits(public ssh.PublicKey) int {
	if wrapped, ok := public.(ssh.CryptoPublicKey); ok {
		if key, ok := wrapped.CryptoPublicKey().(*rsa.PublicKey); ok {
			return key.N.BitLen()
		}
	}
	return 0
}
