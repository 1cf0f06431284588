import Glibc

/// The rights of a unix socket's file, which decide who may connect.
package struct UnixSocketAccess: Sendable, Equatable {
  /// The permission bits; connecting takes the right to write.
  package let mode: UInt32
  /// The number of the group that owns the file; nil for the process's own.
  package let group: UInt32?

  package init(mode: UInt32, group: UInt32? = nil) {
    self.mode = mode
    self.group = group
  }

  /// Gives the socket's file these rights.
  ///
  /// The file is held while that is done, so that a file that is put in its place is not changed.
  ///
  /// - Throws: what the system says; `ENOTSOCK` if there is no socket at the path.
  package func apply(to path: String) throws(SystemError) {
    // O_PATH stands behind _GNU_SOURCE.
    let pathOnly: Int32 = 0o10000000
    let descriptor = unsafe open(path, pathOnly | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(code: ENOTSOCK) }
    // Such a descriptor is changed by way of its name alone.
    let file = "/proc/self/fd/\(descriptor)"
    if let group, group != status.st_gid, unsafe chown(file, uid_t.max, group) != 0 { throw .last }
    guard unsafe chmod(file, mode) == 0 else { throw .last }
  }
}
