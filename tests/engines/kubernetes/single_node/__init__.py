"""A real Kubernetes cluster of one node, which runs as plain processes of this machine.

Clusters for tests are usually containers whose images come from a registry. Where no registry can be
reached, this one is built from the Go modules of Kubernetes and Calico, and is no less real: its API server,
scheduler, controllers, kubelet, proxy and etcd are Kubernetes' own, and NetworkPolicy is enforced.

Nothing here knows the language server: `cluster`, beside this folder, is the only way in.
"""
