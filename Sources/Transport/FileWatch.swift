/// Tells whether a file must be read again, from what the file system says of it each time one looks.
///
/// A file that has just changed may be in the middle of being written: it is read at once, and again until it has been left alone
/// for a moment. Only then is what is wrong with it worth a word.
package struct FileWatch {
  /// After so many looks at the same a file counts as left alone, whatever its clock says.
  private static let looksMax = 3

  private var last: Result<FileStamp, SystemError>?
  private var looks = 0
  /// True if the state that was seen last is there to stay, so that the file is not read again.
  package private(set) var isSettled = false

  package init() {}

  /// Decides whether to read the file, by its present state in the file system.
  ///
  /// - Parameter now: seconds since 1970.
  package mutating func mustRead(_ stamp: Result<FileStamp, SystemError>, now: Double) -> Bool {
    if stamp == last {
      if isSettled { return false }
      looks += 1
    } else {
      last = stamp
      looks = 1
    }
    isSettled = looks >= Self.looksMax
    if case .success(let stamp) = stamp, stamp.isReliable(at: now) { isSettled = true }
    return true
  }
}
