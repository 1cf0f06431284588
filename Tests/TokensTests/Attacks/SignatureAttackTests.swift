import Bytes
import Cryptography
import Testing

@testable import Tokens

/// A forged token, and its twin: the same but for what makes it an attack, and good.
struct SignatureAttack: Sendable, CustomTestStringConvertible {
  let row: Int
  let name: String
  let token: [UInt8]
  let twin: [UInt8]
  let reason: TokenRejection
  /// The one algorithm that the gateway has a key for; nil for a gateway with keys of all kinds.
  let only: SignatureAlgorithm?

  init(
    _ row: Int, _ name: String, _ token: [UInt8], twin: [UInt8], _ reason: TokenRejection,
    only: SignatureAlgorithm? = nil
  ) {
    self.row = row
    self.name = name
    self.token = token
    self.twin = twin
    self.reason = reason
    self.only = only
  }

  var testDescription: String { AttackClass.description(row, name) }
}

@Suite struct `Attacks on signatures` {
  static let all: [SignatureAttack] = [
    confusion, lengths, numbers, pointEncodings, edwardsNumbers, rsaNumbers, otherSchemes, SignatureAttack.embeddedKeys,
    SignatureAttack.identifiers, SignatureAttack.otherKeys, SignatureAttack.headers,
  ].flatMap { $0 }

  @Test(arguments: all)
  func `each is refused for its own reason, and its twin accepted`(_ attack: SignatureAttack) throws {
    #expect(try Forge.verdict(attack.twin, only: attack.only) == nil)
    #expect(try Forge.verdict(attack.token, only: attack.only) == attack.reason)
    #expect(AttackClass.names[attack.row] != nil)
  }

  @Test func `the tables hold what they promise`() {
    #expect(Self.all.count + AttackTable.all.count >= 300)
    #expect(Set(Self.all.map(\.testDescription)).count == Self.all.count)
  }

  /// HMAC with what everybody knows.
  static let confusion: [SignatureAttack] = ([.rs256, .es256, .eddsa] as [SignatureAlgorithm]).flatMap { algorithm in
    let kind = Forge.kind(algorithm)
    let twin = Forge.token(algorithm)
    let header = #"{"alg":"HS256","kid":"\#(Forge.identifier(kind))"}"#
    return PublishedKey(kind: kind).spellings.flatMap { name, secret in
      let token = Sample.token(header, secret: secret)
      let title = "HMAC with the \(algorithm.rawValue) key as \(name)"
      return [
        SignatureAttack(2, title, token, twin: twin, .keyUnknown),
        SignatureAttack(2, title + ", one key only", token, twin: twin, .algorithmRefused, only: algorithm),
      ]
    }
  }

  static let forms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .es384, .es512, .eddsa]

  static let lengths: [SignatureAttack] = forms.flatMap { algorithm in
    let changes: [Change] = [
      ("none", { _ in [] }), ("one byte", { Array($0.prefix(1)) }), ("without its last byte", { $0.dropLast() }),
      ("without its first byte", { Array($0.dropFirst()) }), ("with a zero in front", { [0] + $0 }),
      ("with a zero behind", { $0 + [0] }), ("twice", { $0 + $0 }), ("half", { Array($0.prefix($0.count / 2)) }),
    ]
    return forge(5, "length", algorithm, changes)
  }

  /// r and s that are no result of any signing.
  static let numbers: [SignatureAttack] = EllipticCurve.allCases.flatMap { curve in
    let algorithm = SignatureAlgorithm.all(for: .ellipticCurve(curve))[0]
    let twin = Forge.token(algorithm)
    let order = ECDSANumbers.order(curve)
    let zero = [UInt8](repeating: 0, count: order.count)
    let one = Array(zero.dropLast()) + [1]
    let below = Array(order.dropLast()) + [order[order.count - 1] - 1]
    let ones = [UInt8](repeating: 0xFF, count: order.count)
    let changes: [(String, (_ r: [UInt8], _ s: [UInt8]) -> [UInt8])] = [
      ("r = s = 0", { _, _ in zero + zero }), ("r = 0", { _, s in zero + s }), ("s = 0", { r, _ in r + zero }),
      ("r = n", { _, s in order + s }), ("s = n", { r, _ in r + order }), ("r = s = n", { _, _ in order + order }),
      ("r = s = 1", { _, _ in one + one }), ("r = s = n - 1", { _, _ in below + below }),
      ("every bit set", { _, _ in ones + ones }), ("r and s changed round", { r, s in s + r }),
      ("r twice", { r, _ in r + r }), ("s twice", { _, s in s + s }),
      ("r + n", { r, s in ECDSANumbers.sum(r, order) + s }), ("s + n", { r, s in r + ECDSANumbers.sum(s, order) }),
    ]
    return changes.map { name, change in
      let token = twin.replacingSignature { change(Array($0.prefix(order.count)), Array($0.suffix(order.count))) }
      return SignatureAttack(6, "\(algorithm.rawValue): \(name)", token, twin: twin, .signatureInvalid)
    }
  }

  /// The right signature in another spelling.
  static let pointEncodings: [SignatureAttack] = EllipticCurve.allCases.flatMap { curve in
    let changes: [Change] = [
      ("DER", { ECDSANumbers.der($0) }),
      ("DER cut to length", { Array(ECDSANumbers.der($0).prefix($0.count)) }),
      ("little-endian", { $0.reversed() }),
      ("hexadecimal", { $0.flatMap { Array(String($0, radix: 16).utf8) } }),
    ]
    return forge(7, "in another spelling", SignatureAlgorithm.all(for: .ellipticCurve(curve))[0], changes)
  }

  static let edwardsNumbers: [SignatureAttack] = {
    let changes: [Change] = [
      (
        "S + L",
        { Array($0.prefix(32)) + ECDSANumbers.sumLittleEndian(Array($0.suffix(32)), ECDSANumbers.edwardsOrder) }
      ),
      ("R = S = 0", { $0.map { _ in 0 } }), ("every bit set", { $0.map { _ in 0xFF } }),
      ("S before R", { Array($0.suffix(32)) + Array($0.prefix(32)) }),
      ("R the identity, S = 0", { [1] + $0.dropFirst().map { _ in 0 } }),
    ]
    return forge(6, "numbers", .eddsa, changes)
  }()

  static let rsaNumbers: [SignatureAttack] = {
    let n = ECDSANumbers.modulus
    let changes: [Change] = [
      ("0", { $0.map { _ in 0 } }), ("1", { $0.dropLast().map { _ in 0 } + [1] }), ("n", { _ in n }),
      ("n - 1", { _ in Array(n.dropLast()) + [n[255] - 1] }), ("every bit set", { $0.map { _ in 0xFF } }),
      ("little-endian", { $0.reversed() }),
    ]
    return forge(6, "numbers", .rs256, changes) + forge(6, "numbers", .ps256, changes)
  }()

  private typealias Change = (name: String, change: ([UInt8]) -> [UInt8])

  private static func forge(
    _ row: Int, _ title: String, _ algorithm: SignatureAlgorithm, _ changes: [Change]
  ) -> [SignatureAttack] {
    let twin = Forge.token(algorithm)
    return changes.map { name, change in
      SignatureAttack(
        row, "\(algorithm.rawValue) \(title): \(name)", twin.replacingSignature(change), twin: twin, .signatureInvalid)
    }
  }

  /// The right key, but another algorithm than the header says.
  static let otherSchemes: [SignatureAttack] = KeyPair.kinds.flatMap { kind in
    let own = SignatureAlgorithm.all(for: kind)
    return own.flatMap { said in
      let schemes: [SignatureScheme] =
        if case .ellipticCurve = kind {
          [.ecdsa(.sha256), .ecdsa(.sha384), .ecdsa(.sha512)]
        } else {
          own.compactMap(\.scheme)
        }
      return schemes.filter { $0 != said.scheme }.map { scheme in
        SignatureAttack(
          4, "\(said.rawValue) signed with \(scheme)",
          Forge.token(Forge.header(said), key: Forge.key(kind), scheme: scheme), twin: Forge.token(said),
          .signatureInvalid)
      }
    }
  }
}
