import Bytes
import Cryptography
import Testing

@Suite struct `Signatures` {
  struct Method: Sendable {
    let kind: PublicKeyKind
    let scheme: SignatureScheme
    let byteCount: Int
  }

  static let methods: [Method] =
    [HashFunction.sha256, .sha384, .sha512].flatMap { hash in
      [
        Method(kind: .rsa(modulusBits: 2048), scheme: .rsaPKCS1(hash), byteCount: 256),
        Method(kind: .rsa(modulusBits: 2048), scheme: .rsaPSS(hash), byteCount: 256),
      ]
    } + [
      Method(kind: .ellipticCurve(.p256), scheme: .ecdsa(.sha256), byteCount: 64),
      Method(kind: .ellipticCurve(.p384), scheme: .ecdsa(.sha384), byteCount: 96),
      Method(kind: .ellipticCurve(.p521), scheme: .ecdsa(.sha512), byteCount: 132),
      Method(kind: .ed25519, scheme: .ed25519, byteCount: 64),
    ]

  static let keys: [PublicKeyKind: PrivateKey] = {
    var keys: [PublicKeyKind: PrivateKey] = [:]
    for method in methods where keys[method.kind] == nil { keys[method.kind] = try? PrivateKey.generate(method.kind) }
    return keys
  }()

  @Test(arguments: methods)
  func `what a key signs its public part verifies, and nothing else`(_ method: Method) throws {
    let key = try #require(Self.keys[method.kind])
    let maker = try SignatureMaker(key, scheme: method.scheme)
    let check = try SignatureCheck(key.publicKey, scheme: method.scheme)
    // Many, so that numbers with zeros in front come up as well.
    for number in 0..<300 {
      let message = Array("message \(number)".utf8)
      var signature = ByteBuffer()
      try maker.sign(message.span, into: &signature)
      #expect(signature.count == method.byteCount)
      #expect(check.accepts(signature.readable.array, message))
      let other = Array("message \(number + 1)".utf8)
      #expect(!check.accepts(signature.readable.array, other))
    }
  }

  @Test(arguments: methods)
  func `one bit, one byte less or one more is another signature`(_ method: Method) throws {
    let key = try #require(Self.keys[method.kind])
    let message = Array("message".utf8)
    var signed = ByteBuffer()
    try SignatureMaker(key, scheme: method.scheme).sign(message.span, into: &signed)
    let signature = signed.readable.array
    let check = try SignatureCheck(key.publicKey, scheme: method.scheme)
    for bit in 0..<(8 * signature.count) where bit % 7 == 0 {
      var changed = signature
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!check.accepts(changed, message))
    }
    let shorter = Array(signature.dropLast())
    #expect(!check.accepts(shorter, message))
    let longer = [0] + signature
    #expect(!check.accepts(longer, message))
    let empty: [UInt8] = []
    #expect(!check.accepts(empty, message))
    #expect(check.accepts(signature, message), "what was refused in between must not change anything")
  }

  @Test func `a scheme of another kind of key is refused`() throws {
    for (kind, key) in Self.keys {
      for method in Self.methods where method.kind != kind {
        if case (.ecdsa, .ellipticCurve) = (method.scheme, kind) { continue }
        #expect(throws: CryptographyError.signatureUnavailable) { try SignatureMaker(key, scheme: method.scheme) }
        #expect(throws: CryptographyError.signatureUnavailable) {
          try SignatureCheck(key.publicKey, scheme: method.scheme)
        }
      }
    }
  }

  @Test func `PKCS1 and PSS are not taken for each other, nor one hash for another`() throws {
    let rsa = Self.methods.filter { $0.kind == .rsa(modulusBits: 2048) }
    let key = try #require(Self.keys[.rsa(modulusBits: 2048)])
    let message = Array("message".utf8)
    for signing in rsa {
      var signature = ByteBuffer()
      try SignatureMaker(key, scheme: signing.scheme).sign(message.span, into: &signature)
      for checking in rsa {
        let isValid = try SignatureCheck(key.publicKey, scheme: checking.scheme)
          .isValid(signature.readable, for: message.span)
        #expect(isValid == (checking.scheme == signing.scheme))
      }
    }
  }
}

extension SignatureCheck {
  func accepts(_ signature: [UInt8], _ message: [UInt8]) -> Bool { isValid(signature.span, for: message.span) }
}
