import Files
import Transport

/// The keys that the gateway signs with as their keeper sees them; confined to the keeper.
package final class TendedSigning {
  package let source: SigningSource
  private var watch = FileWatch()
  /// The keys that the workers were last told of.
  private var announced: [KeyRecord]
  /// The last error, so that it is logged once.
  private var failure: String?

  /// - Parameter source: what it has is known to the workers, or on its way to them.
  package init(_ source: SigningSource) {
    self.source = source
    announced = source.keys.records
  }

  /// The outcome of a look at the directory.
  package enum Finding {
    case nothing
    /// Other keys; the workers are to be told.
    case news(SigningKeys)
    case failure(String)
  }

  /// Looks whether there is anything new; reads the keys only if something has changed, or the time of one is over.
  ///
  /// - Parameter now: seconds since 1970.
  package func look(now: Double) -> Finding {
    let stamp = Result { () throws(SystemError) in try FileStamp(path: source.directory.indexPath) }
    let seconds = Int(now)
    let isOver = source.keys.nextEnd.map { $0 <= seconds } ?? false
    guard watch.mustRead(stamp, now: now) || isOver else { return .nothing }
    do throws(FileError) {
      guard let keys = try source.directory.read(now: seconds) else { throw gone }
      if isOver { source.directory.removeWhatIsOver(now: seconds) }
      source.adopt(keys)
      failure = nil
      guard keys.records != announced else { return .nothing }
      announced = keys.records
      return .news(keys)
    } catch {
      // A change may be under way: an error is logged once nothing changes any more.
      guard watch.isSettled, failure != "\(error)" else { return .nothing }
      failure = "\(error)"
      return .failure("\(error)")
    }
  }

  private var gone: FileError { FileError(path: source.directory.path, reason: "its keys are gone") }
}
