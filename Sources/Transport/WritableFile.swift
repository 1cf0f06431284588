import Glibc

/// Finds out whether files could be written, without making or changing any.
///
/// Blocks; not for a loop's thread.
package enum WritableFile {
  /// The reason for which a file can't be opened for writing or, where it is missing, be made; nil if it can.
  package static func problem(path: String) -> SystemError? { problem(path: path, links: 8) }

  /// The same of a log, which is not written through another user's link.
  package static func problem(log path: String) -> SystemError? {
    var status = stat()
    if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, ![0, geteuid()].contains(status.st_uid) {
      return SystemError(code: ELOOP)
    }
    return problem(path: path)
  }

  /// The reason for which nothing can be made in the folder; nil if something can.
  package static func problem(folder: String) -> SystemError? {
    var status = stat()
    guard unsafe stat(folder, &status) == 0 else { return .last }
    guard status.st_mode & S_IFMT == S_IFDIR else { return SystemError(code: ENOTDIR) }
    return unsafe faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ? nil : .last
  }

  /// True if there is nothing of that name.
  package static func isMissing(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) != 0 && errno == ENOENT
  }

  /// The folder that the file stands in.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func problem(path: String, links: Int) -> SystemError? {
    // Without waiting for the reader of a named pipe.
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    if descriptor >= 0 {
      close(descriptor)
      return nil
    }
    if errno == ENXIO {
      // A named pipe that nobody reads yet is opened by way of reading it; a socket isn't opened at all.
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return .last }
      let isPipe = status.st_mode & S_IFMT == S_IFIFO
      return unsafe isPipe && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ? nil : SystemError(code: ENXIO)
    }
    guard errno == ENOENT else { return .last }
    // A link to a file that is missing has that one made.
    if links > 0, let target = linkTarget(of: path) {
      return problem(path: target.hasPrefix("/") ? target : folder(of: path) + "/" + target, links: links - 1)
    }
    return problem(folder: folder(of: path))
  }

  private static func linkTarget(of path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &target, target.count)
    guard count > 0, count < target.count else { return nil }
    return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
