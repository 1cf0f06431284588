import Glibc

/// The file in which a process says its id, for those who signal it.
///
/// Blocks; not for a loop's thread.
package enum PIDFile {
  /// The process that a file names.
  package enum Holder: Equatable, Sendable {
    /// There is no such file.
    case nobody
    /// It holds something else than a process id.
    case malformed
    /// A process that is no more.
    case gone(process: Int32)
    /// A process of another program.
    case stranger(process: Int32, name: String)
    /// A process of this program, or one of which the system doesn't say what it runs.
    case running(process: Int32)
  }

  /// The reason for which a file could not be made.
  package enum CreationError: Error, Equatable, Sendable {
    case inUse(process: Int32)
    case failed(SystemError)
  }

  /// Finds the process that the file names, as far as the system tells.
  ///
  /// - Throws: why it can't be read.
  package static func holder(of path: String) throws(SystemError) -> Holder {
    let contents: [UInt8]
    do throws(SystemError) {
      contents = try FileReader.read(path: path, limit: 64)
    } catch {
      if error.code == ENOENT { return .nobody }
      if error.code == EFBIG { return .malformed }
      throw error
    }
    guard let text = String(validating: contents, as: UTF8.self), text.hasSuffix("\n") || !text.contains("\n"),
      let process = Int32(text.hasSuffix("\n") ? String(text.dropLast()) : text), process > 0
    else { return .malformed }
    guard kill(process, 0) == 0 || errno == EPERM else { return .gone(process: process) }
    guard let name = programName("\(process)"), let own = programName("self"), name != own else {
      return .running(process: process)
    }
    return .stranger(process: process, name: name)
  }

  /// Makes the file with this process's id, in one step: no process sees half of it, and of two that start at once one succeeds.
  ///
  /// A file that names no living process of this program is replaced, and so is a symbolic link, never what it points to. What is
  /// neither, as a device, is left alone.
  package static func create(path: String) throws(CreationError) {
    // No name that another user could foresee and occupy.
    let draft = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    if let error = write(draft) { throw .failed(error) }
    defer { unsafe unlink(draft) }
    for _ in 0..<3 {
      if unsafe link(draft, path) == 0 { return }
      guard errno == EEXIST else { throw .failed(.last) }
      guard isReplaceable(path) else { throw .failed(SystemError(code: EEXIST)) }
      let holder: Holder
      do throws(SystemError) { holder = try Self.holder(of: path) } catch { throw .failed(error) }
      if case .running(let process) = holder, process != getpid() { throw .inUse(process: process) }
      unsafe unlink(path)
    }
    throw .failed(SystemError(code: EEXIST))
  }

  /// Removes the file if it names this process.
  package static func remove(path: String) {
    guard (try? holder(of: path)) == .running(process: getpid()) else { return }
    unsafe unlink(path)
  }

  /// True if a file, a symbolic link or nothing stands there.
  package static func isReplaceable(_ path: String) -> Bool {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return errno == ENOENT }
    return [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT)
  }

  /// Makes the file; nothing may stand there, not even a link that leads elsewhere.
  private static func write(_ path: String) -> SystemError? {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return .last }
    defer { close(descriptor) }
    let text = Array("\(getpid())\n".utf8)
    return unsafe Glibc.write(descriptor, text, text.count) == text.count ? nil : .last
  }

  /// The name of what a process runs; nil where the system hides it.
  private static func programName(_ process: String) -> String? {
    guard let name = try? FileReader.read(path: "/proc/\(process)/comm", limit: 64) else { return nil }
    return String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
