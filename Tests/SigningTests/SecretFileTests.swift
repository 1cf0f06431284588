import Bytes
import Cryptography
import Files
import Glibc
import Signing
import TestSupport
import Testing

@Suite struct SecretFileTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  @Test(arguments: [(HashFunction.sha256, 43), (.sha384, 64), (.sha512, 86)])
  func `a missing secret is made as text, for its owner only`(_ hash: HashFunction, _ count: Int) throws {
    let path = scratch("data/secret.key")
    let secret = try SecretFile.readOrMake(path: path, for: hash)
    #expect(secret.count == count)
    #expect(read(path) == secret)
    #expect(mode(of: path) == 0o600)
    #expect(mode(of: scratch("data")) == 0o700)
    var bytes: [UInt8] = []
    let isText = Base64URL.decode(secret.span, into: &bytes)
    #expect(isText)
    #expect(bytes.count == hash.byteCount)
    // Nothing is left of the making.
    unlink(path)
    #expect(rmdir(scratch("data")) == 0)
  }

  @Test func `an existing secret is given as it is and never touched`() throws {
    let path = scratch("secret.key")
    for contents in ["", "short\n", "a secret of some length\r\n\n", "\0\u{FF}"].map({ Array($0.utf8) }) {
      try write(contents, to: path)
      chmod(path, 0o640)
      #expect(try SecretFile.readOrMake(path: path, for: .sha256) == contents)
      #expect(try SecretFile.read(path: path) == contents)
      #expect(read(path) == contents)
      #expect(mode(of: path) == 0o640)
    }
  }

  @Test func `no secret is written through a link`() throws {
    #expect(symlink(scratch("elsewhere"), scratch("secret.key")) == 0)
    #expect(throws: FileError.self) { try SecretFile.readOrMake(path: scratch("secret.key"), for: .sha256) }
    #expect(throws: FileError.self) { try SecretFile.make(path: scratch("secret.key"), contents: [1]) }
    #expect(scratch.names == ["secret.key"])
  }

  @Test(
    arguments: [
      (0o600, nil), (0o400, nil), (0o700, nil), (0o622, nil), (0o640, "its group"), (0o604, "everybody but its group"),
      (0o644, "everybody"), (0o777, "everybody"), (0o440, "its group"),
    ] as [(mode_t, String?)])
  func `a file that others can read is warned about, with its mode and the command that mends it`(
    mode: mode_t, readers: String?
  ) throws {
    let path = scratch("secret.key")
    try write([1], to: path)
    chmod(path, mode)
    let warning = readers.map {
      "'\(path)' holds a secret, and \($0) can read it (mode 0\(String(mode, radix: 8))); mend it with: chmod 600 \(path)"
    }
    #expect(SecretFile.exposure(of: path) == warning)
    #expect(symlink(path, scratch("link")) == 0)
    #expect((SecretFile.exposure(of: scratch("link")) == nil) == (readers == nil), "a link counts as what it leads to")
  }

  @Test(arguments: [("a b", "a b"), ("it's", #"it'\''s"#), ("$(x)", "$(x)")])
  func `the command can be pasted whatever the file is called`(name: String, word: String) throws {
    try write([1], to: scratch(name))
    chmod(scratch(name), 0o644)
    #expect(SecretFile.exposure(of: scratch(name))?.hasSuffix("chmod 600 '\(scratch.path)/\(word)'") == true)
  }

  @Test func `what is not there is not warned about`() { #expect(SecretFile.exposure(of: scratch("none")) == nil) }

  @Test func `two secrets are never alike`() throws {
    let secrets = try (0..<20).map { try SecretFile.readOrMake(path: scratch("\($0)"), for: .sha256) }
    #expect(Set(secrets).count == 20)
  }

  @Test func `reading alone makes nothing`() throws {
    #expect(try SecretFile.read(path: scratch("data/secret.key")) == nil)
    #expect(scratch.names.isEmpty)
  }

  @Test func `of many that find it missing one makes it and all get the same`() throws {
    for round in 0..<20 {
      let path = scratch("data\(round)/secret.key")
      let secrets = onThreads(8) { _ in try? SecretFile.readOrMake(path: path, for: .sha256) }
      #expect(Set(secrets).count == 1)
      #expect(secrets.first == .some(read(path)))
    }
  }

  @Test func `a file that can't be used is refused with the reason`() throws {
    try write([UInt8](repeating: 65, count: SecretFile.sizeLimit + 1), to: scratch("large"))
    let cases: [(path: String, reason: String)] = [
      (scratch.path, "can't be read: Is a directory"), (scratch("large"), "it has more than 65536 bytes"),
      (scratch("no/such/secret.key"), "nor the one above it exists"), ("/proc/self/secret.key", "No such file"),
    ]
    for (path, reason) in cases {
      let error = #expect(throws: FileError.self) { try SecretFile.readOrMake(path: path, for: .sha256) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
    try write([UInt8](repeating: 65, count: SecretFile.sizeLimit), to: scratch("full"))
    #expect(try SecretFile.read(path: scratch("full"))?.count == SecretFile.sizeLimit)
  }
}
