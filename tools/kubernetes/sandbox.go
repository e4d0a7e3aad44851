package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// sandbox stands in for a pod: a directory for each volume, with the owner and the mode that the kubelet gives it,
// and free ports for those of the containers.
type sandbox struct {
	pod     pod
	volumes map[string]string
	ports   map[int32]int32
}

// identity is what a process of a container is.
type identity struct {
	environment []string
	user        *syscall.Credential // nil: whoever runs the check
}

func newSandbox(p pod, temp string) (*sandbox, error) {
	dir, err := os.MkdirTemp(temp, "")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // other users have to get in
		return nil, err
	}
	box := &sandbox{pod: p, volumes: map[string]string{}, ports: map[int32]int32{}}
	for _, volume := range p.spec.Volumes {
		path := filepath.Join(dir, volume.Name)
		switch {
		case volume.Secret != nil:
			err = box.makeSecret(path, volume.Secret.DefaultMode)
		case volume.EmptyDir != nil:
			err = box.makeEmptyDir(path)
		default:
			err = fmt.Errorf("%s: the check does not know how to make the volume %s", p.id, volume.Name)
		}
		if err != nil {
			return nil, err
		}
		box.volumes[volume.Name] = path
	}
	for _, container := range append(p.spec.InitContainers, p.spec.Containers...) {
		for _, port := range container.Ports {
			if box.ports[port.ContainerPort], err = freePort(); err != nil {
				return nil, err
			}
		}
	}
	return box, nil
}

// group is the pod's group for volumes, or none.
func (b *sandbox) group() *int64 {
	if b.pod.spec.SecurityContext == nil {
		return nil
	}
	return b.pod.spec.SecurityContext.FSGroup
}

// makeSecret makes what every Secret with a certificate from cert-manager has: tls.crt, tls.key and ca.crt.
func (b *sandbox) makeSecret(path string, mode *int32) error {
	files, err := newCertificate()
	if err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil { //nolint:gosec // as the kubelet does
		return err
	}
	permissions := os.FileMode(0o644)
	if mode != nil {
		permissions = os.FileMode(*mode)
	}
	for name, content := range files {
		file := filepath.Join(path, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return err
		}
		if err := b.give(file, permissions, 0o440); err != nil {
			return err
		}
	}
	return nil
}

func (b *sandbox) makeEmptyDir(path string) error {
	if err := os.Mkdir(path, 0o755); err != nil { //nolint:gosec // gets another mode now
		return err
	}
	return b.give(path, 0o777, os.ModeSetgid)
}

// give sets the mode of a part of a volume. If the pod has a group for its volumes, the part belongs to that, and
// gets more of a mode.
func (b *sandbox) give(path string, mode, more os.FileMode) error {
	if group := b.group(); group != nil {
		mode |= more
		if os.Geteuid() == 0 {
			if err := os.Chown(path, 0, int(*group)); err != nil {
				return err
			}
		}
	}
	return os.Chmod(path, mode)
}

// as is a process of the container, with its user if this one may become others.
func (b *sandbox) as(container corev1.Container) identity {
	var id identity
	for _, variable := range container.Env {
		id.environment = append(id.environment, variable.Name+"="+b.translate(container, variable.Value))
	}
	if os.Geteuid() != 0 {
		return id
	}
	id.user = &syscall.Credential{}
	if c := b.pod.spec.SecurityContext; c != nil {
		assign(&id.user.Uid, c.RunAsUser)
		assign(&id.user.Gid, c.RunAsGroup)
	}
	if c := container.SecurityContext; c != nil {
		assign(&id.user.Uid, c.RunAsUser)
		assign(&id.user.Gid, c.RunAsGroup)
	}
	if group := b.group(); group != nil {
		id.user.Groups = []uint32{uint32(*group)}
	}
	return id
}

func assign(to *uint32, from *int64) {
	if from != nil {
		*to = uint32(*from)
	}
}

// translate takes a setting with paths and ports of a container to the sandbox.
func (b *sandbox) translate(container corev1.Container, value string) string {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		for _, mount := range container.VolumeMounts {
			scheme, path := "", part
			if after, ok := strings.CutPrefix(part, "unix://"); ok {
				scheme, path = "unix://", after
			}
			if rest, ok := strings.CutPrefix(path, mount.MountPath+"/"); ok {
				parts[i] = scheme + filepath.Join(b.volumes[mount.Name], rest)
			}
		}
		if host, port, ok := cutPort(part); ok && b.ports[port] != 0 {
			parts[i] = fmt.Sprintf("%s:%d", host, b.ports[port])
		}
	}
	return strings.Join(parts, ",")
}

func freePort() (int32, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, _ := cutPort(listener.Addr().String())
	return port, listener.Close()
}

// newCertificate makes a certificate that has signed itself.
func newCertificate() (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"planner"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return map[string][]byte{
		"tls.crt": chain, "ca.crt": chain,
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, nil
}
