import Glibc

/// Opens the files that logs are appended to.
enum LogFile {
  /// Opens the file for appending; makes it, with mode 0640, if it is missing.
  ///
  /// A symbolic link is followed only if it is the superuser's or the gateway's own user's: what strangers write to the log must not end
  /// up where somebody else's link leads.
  ///
  /// - Throws: why it can't be opened; `ELOOP` for a link of another user.
  static func open(_ path: String) throws(SystemError) -> Int32 {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY
    var descriptor = unsafe Glibc.open(path, flags | O_NOFOLLOW, 0o640)
    if descriptor >= 0 { return descriptor }
    guard errno == ELOOP else { throw .last }
    var status = stat()
    guard unsafe lstat(path, &status) == 0, [0, geteuid()].contains(status.st_uid) else {
      throw SystemError(code: ELOOP)
    }
    descriptor = unsafe Glibc.open(path, flags, 0o640)
    guard descriptor >= 0 else { throw .last }
    return descriptor
  }
}
