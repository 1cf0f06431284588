package import Files
import Glibc

/// A directory of signing keys: `index`, which says what each is there for, and a private key in PEM (PKCS #8) for each.
///
/// Any number of gateways and commands may use one at a time: a change takes a lock, reading needs none. Blocks; not for
/// a loop's thread.
package struct KeyDirectory: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// The file that every change replaces.
  package var indexPath: String { path + "/" + KeyDirectoryPlan.index }

  /// A key that was just made.
  package struct NewKey: Sendable {
    let name: KeyRing.NewKey
    let pem: [UInt8]

    /// - Parameters:
    ///   - identifier: its thumbprint, 43 characters.
    ///   - pem: the private key in PKCS #8.
    package init(identifier: String, algorithm: String, pem: [UInt8]) {
      name = KeyRing.NewKey(identifier: identifier, algorithm: algorithm)
      self.pem = pem
    }
  }

  /// The contents of a key directory.
  package struct Contents: Sendable {
    package let ring: KeyRing
    /// The private keys in PEM, in the order of the ring.
    package let keys: [(record: KeyRecord, pem: [UInt8])]
  }

  /// Reads the directory without the keys that are over; nil if it is missing or empty.
  ///
  /// - Throws: ``FileError``.
  package func read(now: Int) throws(FileError) -> Contents? {
    var last: KeyRing?
    while let ring = try ring() {
      let records = ring.published(at: now)
      var keys: [(record: KeyRecord, pem: [UInt8])] = []
      for record in records {
        guard let pem = try SecretFile.read(path: file(of: record)) else { break }
        keys.append((record, pem))
      }
      if keys.count == records.count { return Contents(ring: ring, keys: keys) }
      // It was changed meanwhile, or the file is really missing.
      if ring == last {
        throw FileError(
          path: file(of: records[keys.count]), reason: "the index names this key, but it is not there")
      }
      last = ring
    }
    return nil
  }

  /// Reads the directory; if it is missing or empty, makes it with two keys.
  ///
  /// - Parameters:
  ///   - lifetime: how long what is signed is good for, in seconds; longer than noted before, it is noted.
  ///   - make: makes a key.
  /// - Throws: ``FileError``, and what `make` throws.
  package func readOrMake(
    lifetime: Int, now: Int, make: () throws(FileError) -> NewKey
  ) throws(FileError) -> Contents {
    if let contents = try read(now: now) {
      let isLonger = contents.ring.current.lifetime < lifetime
      guard isLonger || contents.ring.records.contains(where: { $0.isOver(at: now) }) else { return contents }
      // If the directory can't be written, its owner takes care of the lifetime when rotating.
      do throws(FileError) { try tidy(lifetime: lifetime, now: now) } catch {}
      return contents
    }
    try change { (ring, keys) throws(FileError) in
      guard ring == nil else { return ring }
      return try Self.first(&keys, lifetime, now, make)
    }
    guard let contents = try read(now: now) else { throw FileError(path: path, reason: "its keys came and went") }
    return contents
  }

  /// Makes the next key the current one, and a new next one; where there are no keys yet, the first two.
  package func rotate(
    lifetime: Int, now: Int, make: () throws(FileError) -> NewKey
  ) throws(FileError) -> KeyRing {
    try change { (ring, keys) throws(FileError) in
      guard var ring else { return try Self.first(&keys, lifetime, now, make) }
      let fresh = try make()
      keys.append(fresh)
      ring.rotate(next: fresh.name, lifetime: lifetime, now: now)
      return ring
    }
  }

  /// Makes a new current and a new next key and drops all others; where there are no keys yet, the first two.
  ///
  /// - Returns: the ring, and the keys that were dropped.
  package func revokeAll(
    lifetime: Int, now: Int, make: () throws(FileError) -> NewKey
  ) throws(FileError) -> (ring: KeyRing, revoked: [KeyRecord]) {
    var revoked: [KeyRecord] = []
    let ring = try change { (ring, keys) throws(FileError) in
      revoked = ring?.records ?? []
      return try Self.first(&keys, lifetime, now, make)
    }
    return (ring, revoked)
  }

  /// Drops one key: for the current one the next takes its place, for either of them a new next one is made.
  ///
  /// - Returns: the ring, and what the key was.
  /// - Throws: also that there is no such key.
  package func revoke(
    _ identifier: String, lifetime: Int, now: Int, make: () throws(FileError) -> NewKey
  ) throws(FileError) -> (ring: KeyRing, revoked: KeyRecord) {
    var revoked: KeyRecord?
    let ring = try change { (ring, keys) throws(FileError) in
      revoked = ring?.records.first { $0.identifier == identifier }
      guard var ring, revoked != nil else { return ring }
      try ring.revoke(identifier, lifetime: lifetime, now: now) { () throws(FileError) in
        let fresh = try make()
        keys.append(fresh)
        return fresh.name
      }
      return ring
    }
    guard let revoked else {
      throw FileError(
        path: path, reason: "it holds no key '\(identifier)'; 'portcullis key list' shows those that it holds")
    }
    return (ring, revoked)
  }

  /// Makes another next key; where there are no keys yet, the first two.
  package func replaceNext(
    lifetime: Int, now: Int, make: () throws(FileError) -> NewKey
  ) throws(FileError) -> KeyRing {
    try change { (ring, keys) throws(FileError) in
      guard var ring else { return try Self.first(&keys, lifetime, now, make) }
      let fresh = try make()
      keys.append(fresh)
      ring.replaceNext(with: fresh.name, lifetime: lifetime, now: now)
      return ring
    }
  }

  /// Notes how long what is signed may be good for, and drops the keys that are over.
  package func tidy(lifetime: Int, now: Int) throws(FileError) {
    try change { ring, _ in
      guard var ring else { return nil }
      ring.note(lifetime: lifetime)
      ring.dropWhatIsOver(now: now)
      return ring
    }
  }

  private static func first(
    _ keys: inout [NewKey], _ lifetime: Int, _ now: Int, _ make: () throws(FileError) -> NewKey
  ) throws(FileError) -> KeyRing {
    let (current, next) = (try make(), try make())
    keys += [current, next]
    return KeyRing(current: current.name, next: next.name, lifetime: lifetime, now: now)
  }

  // MARK: Files

  private func file(of record: KeyRecord) -> String { path + "/" + KeyDirectoryPlan.file(of: record.identifier) }

  /// Reads the index; nil if the directory is missing or holds nothing.
  private func ring() throws(FileError) -> KeyRing? {
    guard let text = try index() else { return nil }
    do throws(KeyRing.Flaw) {
      return try KeyRing(text: text.span)
    } catch {
      throw FileError(path: indexPath, reason: error.message)
    }
  }

  /// The index as it is; nil if the directory is missing or holds nothing.
  private func index() throws(FileError) -> [UInt8]? {
    if let text = try SecretFile.read(path: indexPath) { return text }
    let names = try names()
    if names.contains(KeyDirectoryPlan.index) {
      // Another process has made it since the first look.
      if let text = try SecretFile.read(path: indexPath) { return text }
      throw FileError(path: indexPath, reason: "it is a dangling link, or was removed meanwhile")
    }
    guard let foreign = names.first(where: { !KeyDirectoryPlan.isOurs($0) }) else { return nil }
    throw FileError(
      path: path, reason: "it holds '\(foreign)' and no index of keys: a key directory is for the gateway's keys alone")
  }

  /// The names of everything in the directory; none if it is missing.
  private func names() throws(FileError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      if errno == ENOENT { return [] }
      throw PrivateFile.failure(path, "can't be opened")
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the name ends with NUL and stays until the next call.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Replaces the ring by what `body` makes of it, under the lock.
  @discardableResult
  private func change(
    _ body: (_ ring: KeyRing?, _ keys: inout [NewKey]) throws(FileError) -> KeyRing?
  ) throws(FileError) -> KeyRing {
    // The directory, and the one above it.
    try PrivateFile.makeDirectory(of: path)
    try PrivateFile.makeDirectory(of: indexPath)
    let lock = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw PrivateFile.failure(path, "can't be opened") }
    // Closing lets go of the lock.
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 {
      guard errno == EINTR else { throw PrivateFile.failure(path, "can't be locked") }
    }
    let before = try ring()
    var keys: [NewKey] = []
    guard let after = try body(before, &keys) else { throw FileError(path: path, reason: "there are no keys yet") }
    guard after.records.count <= KeyRing.countMax else {
      throw FileError(
        path: path,
        reason:
          "it would hold more than \(KeyRing.countMax) keys whose tokens may still be good: rotate them less often")
    }
    if after != before {
      let plan = KeyDirectoryPlan(
        to: after, adding: keys.map { ($0.name.identifier, $0.pem) }, in: try names())
      for step in plan.steps { try perform(step) }
    }
    return after
  }

  func perform(_ step: KeyDirectoryPlan.Step) throws(FileError) {
    switch step {
    case .write(let name, let bytes): try PrivateFile.replace(path + "/" + name, with: bytes)
    case .rename(let from, let to):
      if unsafe rename(path + "/" + from, path + "/" + to) != 0 {
        throw PrivateFile.failure(path + "/" + to, "can't be replaced")
      }
    case .sync: try PrivateFile.sync(directory: path)
    case .remove(let name):
      if unsafe unlink(path + "/" + name) != 0 && errno != ENOENT {
        throw PrivateFile.failure(path + "/" + name, "can't be removed")
      }
    }
  }
}
