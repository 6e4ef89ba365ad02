// The program between containerd and gVisor's runsc: gVisor's own, but for how it starts.
//
// gVisor's takes the memory killer's attention off itself and fails where it may not, as in a container or a machine
// that withholds CAP_SYS_RESOURCE. This one leaves its score as it found it.
package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"

	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/runtime/v2/shim"
	gvisor "gvisor.dev/gvisor/pkg/shim"
)

type unscored struct{ shim.Shim }

// StartShim starts the server of one container's task, which listens on a socket that it inherits, and returns the
// socket's address.
func (unscored) StartShim(ctx context.Context, id, publisher, containerd, _ string) (string, error) {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	address, err := shim.SocketAddress(ctx, containerd, id)
	if err != nil {
		return "", err
	}
	// A container's id is used once, so what may be there belonged to a server that was killed.
	if err := shim.RemoveSocket(address); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	// It stays open: closing it here would remove the socket that the server listens on.
	listener, err := shim.NewSocket(address)
	if err != nil {
		return "", err
	}
	inherited, err := listener.File()
	if err != nil {
		return "", err
	}
	defer inherited.Close()
	server := exec.Command(self, "-namespace", namespace, "-address", containerd, "-publish-binary", publisher)
	server.ExtraFiles = []*os.File{inherited}
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		return "", err
	}
	if err := shim.WriteAddress("address", address); err != nil {
		_ = server.Process.Kill()
		return "", err
	}
	return address, nil
}

func newServer(ctx context.Context, id string, publisher shim.Publisher, stop func()) (shim.Shim, error) {
	server, err := gvisor.New(ctx, id, publisher, stop)
	return unscored{server}, err
}

func main() {
	shim.Run("io.containerd.runsc.v1", newServer)
}
