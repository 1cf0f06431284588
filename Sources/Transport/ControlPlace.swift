import Glibc

/// The name of the socket beside a pid file, in a form that the kernel takes however long the path of the folder is.
///
/// While it exists it holds a descriptor of the folder.
@safe
struct ControlPlace: ~Copyable {
  /// As it is called in messages, and removed.
  let path: String
  /// As it is bound and connected to.
  let address: SocketAddress
  private let folder: Int32

  /// - Throws: that the folder can't be opened, or `ENAMETOOLONG`.
  init(beside pidFile: String) throws(SystemError) {
    let path = pidFile + ".sock"
    let (address, folder) = try Self.shortened(path)
    self.path = path
    self.address = address
    self.folder = folder
  }

  private static func shortened(_ path: String) throws(SystemError) -> (SocketAddress, folder: Int32) {
    if path.utf8.count <= SocketAddress.unixPathLimit { return (.unix(path: path), -1) }
    let folder = unsafe open(WritableFile.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .last }
    let short = "/proc/self/fd/\(folder)/\(path.split(separator: "/").last ?? "")"
    guard short.utf8.count <= SocketAddress.unixPathLimit else {
      close(folder)
      throw SystemError(code: ENAMETOOLONG)
    }
    return (.unix(path: short), folder)
  }

  deinit { if folder >= 0 { close(folder) } }
}
