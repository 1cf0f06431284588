import Cryptography
import TestSupport
import Testing

@Suite struct PasswordHashTests {
  struct Vector: Sendable {
    let password: String
    let salt: String
    let cost: ScryptCost?
    let key: String
  }

  static let vectors = [
    Vector(
      password: "", salt: "", cost: ScryptCost(logarithm: 4, blockSize: 1, parallelism: 1),
      key: "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"),
    Vector(
      password: "password", salt: "NaCl", cost: ScryptCost(logarithm: 10, blockSize: 8, parallelism: 16),
      key: "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"),
    Vector(
      password: "pleaseletmein", salt: "SodiumChloride", cost: ScryptCost(logarithm: 14, blockSize: 8, parallelism: 1),
      key: "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"),
  ]

  static let cheap = ScryptCost(logarithm: 4, blockSize: 8, parallelism: 1)

  @Test(arguments: vectors) func `the vectors of RFC 7914 hold`(_ vector: Vector) throws {
    let (password, salt) = (Array(vector.password.utf8), Array(vector.salt.utf8))
    let cost = try #require(vector.cost)
    let key = try Scrypt.derive(password.span, salt: salt.span, cost: cost, byteCount: 64)
    #expect(key.map { hexadecimal($0) }.joined() == vector.key)
  }

  @Test func `the current cost is the one promised`() throws {
    #expect(ScryptCost.current == ScryptCost(logarithm: 15, blockSize: 8, parallelism: 3))
    #expect(ScryptCost.current.memory == 32 << 20)
    let password = Array("correct horse battery".utf8)
    let hash = try PasswordHash(of: password.span)
    #expect(hash.text.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
    #expect(try hash.matches(password.span))
  }

  @Test func `a hash knows its password and no other`() throws {
    let cost = try #require(Self.cheap)
    let long = String(repeating: "€", count: 256)
    let passwords = [
      "12345678", "12345678\0", "12345678\0\0", "12345678\0tail", "12345679", "", " 12345678", long, long + "x",
      "pässwörd",
      "pa\u{308}sswo\u{308}rd",
    ]
    for password in passwords {
      let hash = try PasswordHash(of: Array(password.utf8).span, cost: cost)
      let stored = try #require(PasswordHash(hash.text))
      #expect(stored == hash)
      for other in passwords {
        let isSame = Array(other.utf8) == Array(password.utf8)
        #expect(try stored.matches(Array(other.utf8).span) == isSame)
      }
    }
  }

  @Test func `one password hashed twice gives two texts`() throws {
    let password = Array("12345678".utf8)
    let (first, second) = try (
      PasswordHash(of: password.span, cost: #require(Self.cheap)),
      PasswordHash(of: password.span, cost: #require(Self.cheap))
    )
    #expect(first.text != second.text)
  }

  @Test func `a hash of another program is read`() throws {
    // Python: hashlib.scrypt(b"password", salt=bytes(range(16)), n=2**14, r=8, p=1, dklen=32)
    let text = "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$6iMJXpgeItuXSS3ial5ceU6o+LQA0aKIA8ORmTlhNMU"
    let hash = try #require(PasswordHash(text))
    #expect(hash.text == text)
    #expect(try hash.matches(Array("password".utf8).span))
  }

  static let good = "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

  /// The replacements in a good text.
  static let changes: [(String, String)] = [
    ("scrypt", "argon2id"), ("scrypt", "Scrypt"), ("$scrypt", "$v=1$scrypt"), ("$scrypt", "scrypt"),
    ("$scrypt", "$$scrypt"),
    ("ln=4", "ln=04"), ("ln=4", "ln=+4"), ("ln=4", "ln=0"), ("ln=4", "ln=21"), ("ln=4", "ln=-1"), ("ln=4", "ln="),
    ("ln=4", "ln=99999999999999999999"), ("ln=4", "n=4"), ("ln=4", "ln=4 "), ("ln=4,r=8", "r=8,ln=4"),
    ("r=8", "r=0"), ("r=8", "r=33"), ("p=1", "p=0"), ("p=1", "p=17"), ("p=1", "p=1,x=2"), (",p=1", ""),
    // More than 128 MiB, more than the work allowed, and an N that RFC 7914 excludes for this r.
    ("ln=4", "ln=18"), ("ln=4,r=8,p=1", "ln=17,r=8,p=5"), ("ln=4,r=8", "ln=16,r=1"),
    ("AAECAwQFBgcICQoLDA0ODw$", "$"), ("AAECAwQFBgcICQoLDA0ODw$", "AAECAwQFBg$"),
    ("AAECAwQFBgcICQoLDA0ODw$", "AAECAwQFBgcICQoLDA0ODx$"), ("AAECAwQFBgcICQoLDA0ODw$", "AAECAwQFBgcICQoLDA0ODw==$"),
    ("GBkaGxwdHh8", "GBkaGxwdH_8"), ("GBkaGxwdHh8", "GBkaGxwdH-8"), ("GBkaGxwdHh8", "GBkaGxwdHh8="),
    ("GBkaGxwdHh8", "GBkaGxwdHh8$"), ("GBkaGxwdHh8", "GBkaGxwdHh8\n"), ("DA0ODxAREhMUFRYXGBkaGxwdHh8", "DA0O"),
  ]

  @Test(arguments: changes) func `a text that is not a hash within bounds is none`(_ from: String, _ to: String) throws
  {
    let text = Self.good.replacing(from, with: to)
    #expect(text != Self.good)
    #expect(PasswordHash(text) == nil)
  }

  @Test(arguments: ["", "$", "$$$$", "scrypt", "password", String(repeating: "A", count: 400)])
  func `a text of another form is no hash`(_ text: String) { #expect(PasswordHash(text) == nil) }

  @Test func `the sample that the refused ones are made from is good`() {
    #expect(PasswordHash(Self.good)?.text == Self.good)
  }

  /// Mutations of a good text, as long as PORTCULLIS_FUZZ_SECONDS says, one second unless set.
  @Test func `whatever is read is written the same`() {
    let seed = UInt64.random(in: .min ... .max)
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let end = Fuzzing.end
    let pieces = [
      "$", ",", "=", "ln=", "r=", "p=", "0", "1", "9", "17", "AAAA", "+", "/", "-", "_", "scrypt", "\0", "é",
    ].map { Array($0.utf8) }
    repeat {
      for _ in 0..<100 {
        var text = Array(Self.good.utf8)
        for _ in 0...random(4) {
          let place = random(text.count + 1)
          switch random(3) {
          case 0: text.removeSubrange(min(place, text.count)..<min(text.count, place + 1 + random(8)))
          case 1: text.insert(contentsOf: pieces[random(pieces.count)], at: place)
          default: if place < text.count { text[place] = UInt8(random(256)) }
          }
        }
        let string = String(decoding: text, as: UTF8.self)
        guard let hash = PasswordHash(string) else { continue }
        #expect(hash.text == string, "seed \(seed)")
        #expect(hash.cost.memory <= ScryptCost.memoryLimit && hash.cost.work <= ScryptCost.workLimit, "seed \(seed)")
      }
    } while ContinuousClock.now < end
  }

  private func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
  }
}
