import Configuration
import Files
import Glibc
import JSON
import TestSupport
import Testing
import Tokens

@testable import Signing

/// The keys of a directory on their way into use.
@Suite struct SigningSourceTests {
  let folder: TemporaryDirectory
  let directory: SigningDirectory
  static let now = 1_735_689_600

  init() throws {
    folder = try TemporaryDirectory()
    directory = try Self.directory(folder.path, "ES256")
  }

  static func directory(_ folder: String, _ algorithm: String) throws -> SigningDirectory {
    let text = """
      { "listen": ["127.0.0.1:0"], "accounts": { "store": "sqlite:a", "issuer": "https://gate.test/a",
        "signing": { "key_directory": "\(folder)/keys", "algorithm": "\(algorithm)" } },
        "routes": [{ "exact": "/", "auth": "none", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let configuration = try #require(result.configuration)
    return try #require(SigningDirectory(configuration))
  }

  func kids(_ keys: SigningKeys) -> [String?] { keys.published.keys.map(\.identifier) }

  @Test func `what is new is verified at once, and signs only when all are ready`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    let first = source.keys
    #expect(source.current.identifier == kids(first)[1])
    let early = source.successor
    source.adopt(try directory.open(now: Self.now))
    _ = try directory.rotate(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    #expect(kids(source.keys).dropFirst() == kids(first)[...])
    #expect(source.keys.current.identifier == kids(first)[0])
    #expect(source.current.identifier == kids(first)[1])
    source.settle(on: early)
    #expect(source.current.identifier == kids(first)[1])
    let second = source.successor
    _ = try directory.rotate(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    // Of what becomes known in the meantime nobody can say yet that all have it.
    source.settle(on: second)
    #expect(source.current.identifier == kids(first)[0])
    source.settle(on: source.successor)
    let third = source.current.identifier
    #expect(third == source.keys.current.identifier)
    // News of the past, which took another way.
    source.settle(on: second)
    #expect(source.current.identifier == third)
  }

  @Test func `in the place of a revoked key another signs at once`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    let old = source.current.identifier
    _ = try directory.revokeAll(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    #expect(source.current.identifier == source.keys.current.identifier)
    #expect(source.current.identifier != old)
    // The next key is none that signs.
    let current = source.current.identifier
    _ = try directory.revoke(try #require(source.keys.records.first).identifier, now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    #expect(source.current.identifier == current)
  }

  @Test func `nothing is signed with a key that verifies it no more`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    let old = source.current.identifier
    _ = try directory.rotate(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    #expect(source.signer(at: Self.now + 3).identifier == old)
    #expect(source.signer(at: Self.now + 4).identifier == source.keys.current.identifier)
    source.settle(on: source.successor)
    #expect(source.signer(at: Self.now).identifier == source.keys.current.identifier)
  }

  @Test func `a previous key verifies what was issued before it was retired, the others everything`() throws {
    _ = try directory.open(now: Self.now)
    _ = try directory.rotate(now: Self.now + 10)
    _ = try directory.rotate(now: Self.now + 20)
    let keys = try directory.open(now: Self.now + 20)
    let now = Double(Self.now)
    #expect(keys.published.keys.map(\.latestIssue) == [nil, nil, now + 23, now + 13])
  }

  /// Looks until something is found, as the keeper does from second to second; nil if nothing is.
  func found(by tended: TendedSigning, at now: Int = now) -> TendedSigning.Finding? {
    for _ in 0..<4 {
      let finding = tended.look(now: Double(now))
      if case .nothing = finding { continue }
      return finding
    }
    return nil
  }

  @Test func `whoever watches the directory finds every change, once`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    let tended = TendedSigning(source)
    #expect(found(by: tended) == nil)
    _ = try directory.rotate(now: Self.now)
    _ = try directory.rotate(now: Self.now)
    guard case .news(let keys)? = found(by: tended) else {
      Issue.record("not noticed")
      return
    }
    #expect(keys.records.count == 4)
    #expect(source.keys.records == keys.records)
    #expect(found(by: tended) == nil)
    // What somebody else has taken up is news for the workers all the same.
    _ = try directory.rotate(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    if case .news? = found(by: tended) {} else { Issue.record("not noticed") }
  }

  @Test func `keys go when their time is over, though nobody touches the directory`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    _ = try directory.rotate(now: Self.now)
    source.adopt(try directory.open(now: Self.now))
    let tended = TendedSigning(source)
    #expect(found(by: tended) == nil)
    let end = try #require(source.keys.nextEnd)
    #expect(found(by: tended, at: end - 1) == nil)
    guard case .news(let keys)? = found(by: tended, at: end) else {
      Issue.record("not noticed")
      return
    }
    #expect(keys.records.count == 2)
    #expect(found(by: tended, at: end + 1) == nil)
    // And they are gone from the disk.
    #expect(try directory.read(now: Self.now)?.records.count == 2)
  }

  @Test func `what is wrong with the directory is said once, and forgotten once it is mended`() throws {
    let source = SigningSource(directory, try directory.open(now: Self.now))
    let tended = TendedSigning(source)
    let index = folder("keys/index")
    rename(index, index + ".away")
    for _ in 0..<2 {
      guard case .failure(let why)? = found(by: tended) else {
        Issue.record("not noticed")
        return
      }
      #expect(why.contains("it holds 'index.away' and no index of keys"))
      #expect(found(by: tended) == nil)
      rename(index + ".away", index)
      #expect(found(by: tended) == nil)
      rename(index, index + ".away")
    }
    rename(index + ".away", index)
    #expect(source.keys.records.count == 2)
  }

  @Test func `keys of several algorithms stand side by side while one takes the other's place`() throws {
    _ = try directory.open(now: Self.now)
    let other = try Self.directory(folder.path, "EdDSA")
    _ = try other.rotate(now: Self.now)
    let between = try directory.open(now: Self.now)
    #expect(between.current.algorithm == .es256)
    #expect(between.algorithms == [.eddsa, .es256])
    _ = try other.rotate(now: Self.now)
    #expect(try directory.open(now: Self.now).current.algorithm == .eddsa)
  }

  @Test func `keys that are over are neither published nor kept`() throws {
    _ = try directory.open(now: Self.now)
    _ = try directory.rotate(now: Self.now)
    let keys = try directory.open(now: Self.now)
    let end = try #require(keys.nextEnd)
    #expect(try directory.open(now: end - 1).published.keys.count == 3)
    #expect(try directory.read(now: end)?.published.keys.count == 2)
    #expect(try directory.open(now: end).nextEnd == nil)
  }

  @Test func `a key for another algorithm than the index says is refused`() throws {
    let keys = try directory.open(now: Self.now)
    let index = folder("keys/index")
    for (word, reason) in [("ES512", "ES512 can't be used with a key on P-256"), ("HS256", "HS256")] {
      let file = try #require(fopen(index, "w"))
      fputs("portcullis keys 1\n", file)
      for record in keys.records {
        fputs("\(record.state.rawValue) \(word) \(record.identifier) 1 - 60\n", file)
      }
      fclose(file)
      let error = #expect(throws: FileError.self) { try directory.read(now: Self.now) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
  }

  @Test(arguments: SignatureAlgorithm.allCases) func `a pair can be made for every algorithm that has one`(
    algorithm: SignatureAlgorithm
  ) throws {
    guard algorithm.family != .secret else {
      #expect(throws: KeyError.algorithmOfAnotherFamily(algorithm)) { try KeyMaker.make(for: algorithm) }
      return
    }
    let pair = try KeyMaker.make(for: algorithm)
    #expect(pair.identifier.utf8.count == 43)
    #expect(pair.publicKey.algorithms == [algorithm])
    #expect(pair.publicKey.identifier == pair.identifier)
  }
}
