import Glibc

/// Files that only the gateway's own user may read.
///
/// Blocks; not for a loop's thread.
package enum PrivateFile {
  /// Makes the directory that the file is to stand in, for its owner only, if just that one is missing.
  package static func makeDirectory(of path: String) throws(FileError) {
    let directory = directory(of: path)
    if unsafe mkdir(directory, 0o700) == 0 { return try sync(directory: self.directory(of: directory)) }
    switch errno {
    case EEXIST: return
    case ENOENT:
      throw FileError(path: path, reason: "neither the directory '\(directory)' nor the one above it exists")
    default:
      let error = errno
      // A directory that exists where nothing can be made, as on a read-only file system.
      var status = stat()
      if unsafe stat(directory, &status) == 0 { return }
      throw FileError(path: path, reason: "the directory '\(directory)' can't be made: \(text(of: error))")
    }
  }

  /// Makes an empty file, mode 0600, and gives its descriptor; nil if there is something of this name, be it a link to nothing.
  package static func create(_ path: String) throws(FileError) -> Int32? {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o600)
    if descriptor >= 0 { return descriptor }
    if errno == EEXIST { return nil }
    // Where the directory may not even be looked into, the file may well be there.
    let error = errno
    let isHidden = unsafe access(path, F_OK) != 0 && errno == EACCES
    throw failure(path, isHidden ? "can't be opened" : "can't be made", because: error)
  }

  /// Makes a file with that in it, mode 0600, in the place of one that there may be; on the disk when this returns.
  ///
  /// A file that the superuser makes belongs to the owner of the directory, who has to read it.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    if unsafe unlink(path) != 0 && errno != ENOENT { throw failure(path, "can't be replaced") }
    guard let descriptor = try create(path) else { throw FileError(path: path, reason: "it exists") }
    defer { close(descriptor) }
    var status = stat()
    if geteuid() == 0, unsafe stat(directory(of: path), &status) == 0,
      fchown(descriptor, status.st_uid, status.st_gid) != 0
    {
      throw failure(path, "can't be given to the owner of its directory")
    }
    try write(bytes, to: descriptor, path: path)
  }

  /// Writes all of it; on the disk when this returns.
  package static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the call reads as many bytes as it is told of.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { throw failure(path, "can't be written") }
      rest = rest.dropFirst(max(0, count))
    }
    guard fsync(descriptor) == 0 else { throw failure(path, "can't be synchronised") }
  }

  /// Waits until the disk holds the directory's names as they are: made, moved or removed.
  package static func sync(directory: String) throws(FileError) {
    let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(directory, "can't be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(directory, "can't be synchronised") }
  }

  /// `data` of `data/accounts.db`.
  package static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The error about a file with the system's reason and, where that is a lack of rights, the file's owner.
  package static func failure(_ path: String, _ what: String, because error: Int32 = errno) -> FileError {
    let owner = error == EACCES || error == EPERM ? FileOwner.hint(for: path) : ""
    return FileError(path: path, reason: "\(what): \(text(of: error))\(owner)")
  }

  private static func text(of error: Int32) -> String {
    guard let text = unsafe strerror(error) else { return "error \(error)" }
    return unsafe String(cString: text)
  }
}
