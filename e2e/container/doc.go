// Package container runs the files of the container image as a container would: in a root
// file system of their own, as their own user, as the first process. It builds them by the
// lines of deploy/Containerfile, and holds the manifests in deploy against the program. It
// has tests only; those that run the image are for Linux.
package container
