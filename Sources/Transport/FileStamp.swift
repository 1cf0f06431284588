import Glibc

/// The state of a file in the file system, which changes whenever the contents may have: cheap to ask for again and again.
///
/// Symbolic links are followed, so that one that is pointed elsewhere shows as another file.
package struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  /// The times of the last change of the contents, and of anything of the file, in nanoseconds since 1970.
  private let modified: Int64
  private let changed: Int64

  /// Asks about the file that stands at the path by now: one system call.
  ///
  /// - Throws: why nothing can be said of it.
  package init(path: String) throws(SystemError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .last }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  /// True if a file read now and changed right afterwards would have another stamp.
  ///
  /// The clock of file systems goes in steps of some milliseconds, so what has just changed may change once more and look the same.
  ///
  /// - Parameter now: seconds since 1970.
  package func isReliable(at now: Double) -> Bool { Double(max(modified, changed)) / 1e9 < now - 1 }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
