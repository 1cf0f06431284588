import Cryptography
import TestSupport
import Testing

/// The facts that are read of a client's certificate.
@Suite struct ClientCertificateTests {
  private func certificate(_ text: String) -> ClientCertificate? {
    certificate(CertificateSample.der(text))
  }

  private func certificate(_ bytes: [UInt8]) -> ClientCertificate? { ClientCertificate(der: bytes.span) }

  @Test func `the subject is text of RFC 4514, its last part first`() throws {
    #expect(try #require(certificate(CertificateSample.plain)).subject == "CN=alice,OU=Ops\\, East,O=Exämple")
    #expect(try #require(certificate(CertificateSample.nameless)).subject == "")
  }

  @Test func `nothing in a subject's values can end them, and controls are escaped`() throws {
    #expect(
      try #require(certificate(CertificateSample.odd)).subject
        == ##"CN=nul\00here\0D\0A\<\"\\\>\;,CN=\#a\+b=c+OU=\ x\ ,O=QQQQ"##)
  }

  @Test func `names keep their order and their kinds`() throws {
    let plain = try #require(certificate(CertificateSample.plain))
    #expect(
      plain.alternativeNames == [
        .host("client.example"), .uri("spiffe://example/alice"), .mailbox("alice@example.com"),
        .address([192, 0, 2, 7]), .address([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
      ])
    let other = try #require(certificate(CertificateSample.other))
    #expect(other.alternativeNames == [.host("URI:x"), .uri("client.example")])
    #expect(Set(other.alternativeNames).isDisjoint(with: plain.alternativeNames))
  }

  @Test func `a name with a NUL, a blank, a control or another script in it is none, nor is one of another kind`()
    throws
  {
    #expect(try #require(certificate(CertificateSample.odd)).alternativeNames == [.host("good.example")])
  }

  @Test(arguments: [CertificateSample.nameless, CertificateSample.twin])
  func `a certificate without names, or with them twice, has none`(text: String) throws {
    #expect(try #require(certificate(text)).alternativeNames == [])
  }

  @Test func `the digest is that of the whole certificate, in both spellings`() throws {
    let plain = try #require(certificate(CertificateSample.plain))
    #expect(plain.fingerprint == "045b4c3619ebd0d075c87563d286ba29e25064b85463f10cdf8072789e195168")
    #expect(plain.thumbprint == "BFtMNhnr0NB1yHVj0oa6KeJQZLhUY_EM34ByeJ4ZUWg")
    #expect(plain.digest.count == 32)
    #expect(plain == certificate(CertificateSample.plain))
    #expect(plain != certificate(CertificateSample.other))
  }

  @Test func `bytes that are no certificate, or more than one, make none`() {
    let plain = CertificateSample.der(CertificateSample.plain)
    let others: [[UInt8]] = [
      [], [0x30], plain + [0], Array(plain.dropLast()), Array("-----BEGIN CERTIFICATE-----".utf8),
    ]
    for bytes in others {
      #expect(certificate(bytes) == nil)
    }
    #expect(certificate(CertificateSample.invalid) == nil)
  }

  @Test func `the first certificate of a PEM text is it, and nothing else is`() {
    func pem(_ label: String, _ text: String) -> String {
      "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
    }
    let (plain, other) = (CertificateSample.plain, CertificateSample.other)
    for (text, expected) in [
      (pem("CERTIFICATE", plain), plain),
      ("subject=alice\n" + pem("CERTIFICATE", plain) + pem("CERTIFICATE", other), plain),
      (pem("PUBLIC KEY", plain), nil), (pem("PUBLIC KEY", plain) + pem("CERTIFICATE", plain), nil), (plain, nil),
      ("", nil),
      (pem("CERTIFICATE", "AAAA"), nil),
    ] {
      let found = ClientCertificate(pem: Array(text.utf8).span)
      #expect(found == expected.flatMap { certificate($0) })
    }
  }

  @Test func `a certificate that is cut or changed anywhere makes none, or another one`() {
    let plain = CertificateSample.der(CertificateSample.plain)
    let whole = certificate(plain)
    for index in plain.indices {
      #expect(certificate(Array(plain.prefix(index))) == nil)
      var changed = plain
      changed[index] ^= 0x15
      if let other = certificate(changed) { #expect(other != whole) }
    }
  }
}
