/// The steps by which a key directory goes from one ring to another, file by file.
///
/// A change that breaks off anywhere leaves either ring in the directory, whole:
///
/// 1. A key's file is on the disk before the index names it, and a file that the index does not name is not read.
/// 2. The index is replaced by a rename, which happens or doesn't.
/// 3. Files go only after the index that named them.
///
/// The remains of a broken-off change have no meaning, and go with the next change.
struct KeyDirectoryPlan: Equatable {
  enum Step: Equatable {
    /// Makes or replaces the file, for its owner only, and has the disk keep what is in it.
    case write(name: String, [UInt8])
    case rename(from: String, to: String)
    /// Waits until the disk holds the directory's names.
    case sync
    case remove(name: String)
  }

  let steps: [Step]

  static let index = "index"
  private static let draft = ".index.new"

  /// - Parameters:
  ///   - keys: the new ones by their identifiers: private keys in PEM.
  ///   - names: the entries of the directory now.
  init(to ring: KeyRing, adding keys: [(identifier: String, pem: [UInt8])], in names: [String]) {
    var steps: [Step] = keys.map { .write(name: Self.file(of: $0.identifier), $0.pem) }
    if !steps.isEmpty { steps.append(.sync) }
    steps += [.write(name: Self.draft, Array(ring.text.utf8)), .rename(from: Self.draft, to: Self.index), .sync]
    let kept = Set(ring.records.map { Self.file(of: $0.identifier) })
    steps += names.filter { Self.isOurs($0) && !kept.contains($0) && $0 != Self.draft }.map(Step.remove)
    self.steps = steps
  }

  /// The file of a key.
  static func file(of identifier: String) -> String { identifier + ".pem" }

  /// True for the name of a file that plans make, the index aside.
  static func isOurs(_ name: String) -> Bool {
    guard name.hasSuffix(".pem") else { return name == draft }
    return KeyRecord.isThumbprint(String(name.dropLast(4)))
  }
}
