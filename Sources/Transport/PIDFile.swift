import Glibc

/// The file in which a process says its id, for those who signal it.
package enum PIDFile {
  /// Writes this process's id; why that failed, nil if it didn't.
  package static func write(path: String) -> SystemError? {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return .last }
    defer { close(descriptor) }
    let text = Array("\(getpid())\n".utf8)
    return unsafe Glibc.write(descriptor, text, text.count) == text.count ? nil : .last
  }

  package static func remove(path: String) { unsafe unlink(path) }
}
