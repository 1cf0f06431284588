import Bytes

/// A password's hash, as it is stored: a PHC string `$scrypt$ln=15,r=8,p=3$<salt>$<key>`, in base64 without padding.
///
/// Everything that checking a password needs is in the text, so that hashes of an older cost stay good.
package struct PasswordHash: Sendable, Hashable {
  package let cost: ScryptCost
  private let salt: [UInt8]
  private let key: [UInt8]

  private static let saltCount = 16
  private static let keyCount = 32

  /// Hashes the password under a fresh random salt.
  ///
  /// - Throws: ``CryptographyError/passwordHashUnavailable``, ``CryptographyError/randomnessUnavailable``.
  package init(of password: Span<UInt8>, cost: ScryptCost = .current) throws(CryptographyError) {
    let salt = try SecureRandom.bytes(Self.saltCount)
    self.cost = cost
    self.salt = salt
    key = try Self.derive(password, salt: salt, cost: cost, byteCount: Self.keyCount)
  }

  /// A hash that no password matches, because its key is drawn instead of derived: checking one against it takes as long as ever.
  ///
  /// - Throws: ``CryptographyError/randomnessUnavailable``.
  package static func unmatchable(cost: ScryptCost) throws(CryptographyError) -> PasswordHash {
    PasswordHash(cost: cost, salt: try SecureRandom.bytes(saltCount), key: try SecureRandom.bytes(keyCount))
  }

  private init(cost: ScryptCost, salt: [UInt8], key: [UInt8]) {
    self.cost = cost
    self.salt = salt
    self.key = key
  }

  /// Hashes a password in the same way and compares the result.
  ///
  /// The time does not depend on the answer.
  ///
  /// - Throws: ``CryptographyError/passwordHashUnavailable``.
  package func matches(_ password: Span<UInt8>) throws(CryptographyError) -> Bool {
    let derived = try Self.derive(password, salt: salt, cost: cost, byteCount: key.count)
    return ConstantTime.equals(derived.span, key.span)
  }

  /// The key of the password's bytes, all of which count.
  ///
  /// scrypt alone takes a password and the same with zero bytes behind it for one, because HMAC pads its key with them. So a password
  /// that ends in one is given an end that no UTF-8 text has; any other goes in as it is, as in every program.
  private static func derive(
    _ password: Span<UInt8>, salt: [UInt8], cost: ScryptCost, byteCount: Int
  ) throws(CryptographyError) -> [UInt8] {
    guard password.count > 0, password[password.count - 1] == 0 else {
      return try Scrypt.derive(password, salt: salt.span, cost: cost, byteCount: byteCount)
    }
    let ended = password.array + [0xFF]
    return try Scrypt.derive(ended.span, salt: salt.span, cost: cost, byteCount: byteCount)
  }

  // MARK: Text

  /// Reads a PHC string of scrypt in its one canonical spelling; nil for any other text, and for a cost, salt (8 to 64 bytes) or
  /// key (16 to 64 bytes) out of bounds.
  package init?(_ text: String) {
    guard text.utf8.count <= 256 else { return nil }
    let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1].elementsEqual("scrypt".utf8) else { return nil }
    guard let cost = Self.cost(Array(parts[2])), let salt = Self.decode(parts[3]), let key = Self.decode(parts[4])
    else { return nil }
    guard (8...64).contains(salt.count), (16...64).contains(key.count) else { return nil }
    self.init(cost: cost, salt: salt, key: key)
  }

  /// The PHC string.
  package var text: String {
    "$scrypt$ln=\(cost.logarithm),r=\(cost.blockSize),p=\(cost.parallelism)$\(Self.encode(salt))$\(Self.encode(key))"
  }

  /// Reads `ln=15,r=8,p=3`.
  private static func cost(_ text: [UInt8]) -> ScryptCost? {
    let names = ["ln=", "r=", "p="]
    let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count == names.count else { return nil }
    var numbers: [Int] = []
    for (part, name) in zip(parts, names) {
      guard part.starts(with: name.utf8), let number = number(part.dropFirst(name.utf8.count)) else { return nil }
      numbers.append(number)
    }
    return ScryptCost(logarithm: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
  }

  /// A decimal number of one or two digits, without a leading zero.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...2).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
    var number = 0
    for digit in digits {
      guard ASCII.isDigit(digit) else { return nil }
      number = number * 10 + Int(digit - 48)
    }
    return number
  }

  // PHC strings have the alphabet of RFC 4648 §4, which differs in two characters from the one for URLs.
  private static func decode(_ text: Substring.UTF8View) -> [UInt8]? {
    var spelled: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "+"): spelled.append(UInt8(ascii: "-"))
      case UInt8(ascii: "/"): spelled.append(UInt8(ascii: "_"))
      case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
      default: spelled.append(byte)
      }
    }
    var bytes: [UInt8] = []
    return Base64URL.decode(spelled.span, into: &bytes) ? bytes : nil
  }

  private static func encode(_ bytes: [UInt8]) -> String {
    var text = ByteBuffer(capacity: 128)
    Base64URL.encode(bytes.span, into: &text)
    let spelled = text.readable.array.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    return String(decoding: spelled, as: UTF8.self)
  }
}
