import Glibc

/// Opens the files that logs are appended to.
enum LogFile {
  /// Opens the file for appending; makes it, with mode 0640 or the one given, if it is missing.
  ///
  /// A symbolic link is followed only if it is the superuser's or the gateway's own user's: what strangers write to the log must not end
  /// up where somebody else's link leads. A named pipe that nobody reads is opened all the same: lines are lost until somebody does.
  ///
  /// - Throws: why it can't be opened; `ELOOP` for a link of another user, `ENXIO` for a socket, or for a named pipe that nobody reads,
  ///   the gateway not being allowed to either.
  static func open(_ path: String, mode: mode_t = 0o640) throws(SystemError) -> Int32 {
    do throws(SystemError) {
      return try open(path, flags | O_NOFOLLOW, mode)
    } catch {
      guard error.code == ELOOP else { throw error }
      var status = stat()
      guard unsafe lstat(path, &status) == 0, [0, geteuid()].contains(status.st_uid) else { throw error }
      return try open(path, flags, mode)
    }
  }

  private static let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK

  private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) throws(SystemError) -> Int32 {
    var descriptor = unsafe Glibc.open(path, flags, mode)
    if descriptor < 0, errno == ENXIO {
      // For a moment the gateway itself is the reader, which the kernel wants there to be one for.
      let reader = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags & O_NOFOLLOW)
      guard reader >= 0 else { throw SystemError(code: ENXIO) }
      defer { close(reader) }
      descriptor = unsafe Glibc.open(path, flags, mode)
    }
    guard descriptor >= 0 else { throw .last }
    // Only opening must not wait: what is written does, in the log's own thread.
    guard fcntl(descriptor, F_SETFL, O_APPEND) == 0 else {
      let error = SystemError.last
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
