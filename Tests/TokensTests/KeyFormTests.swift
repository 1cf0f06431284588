import Bytes
import Testing

@testable import Tokens

@Suite struct `Forms of keys` {
  /// Keys made with the openssl program for this test, in base64.
  static let der: [(name: String, text: String)] = [
    (
      "an Ed25519 public key",
      "MCowBQYDK2VwAyEAUHvKGZwOJYkkXy7ptmrF8qN34+oO4Z7eBX2A9ntLofk="
    ),
    (
      "a public key on P-256",
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqgvR0ny10qOtp1VRYzC+5Gfhd8p+UP88n8ytalmp5mrQW7HkiYFqZrPaV/KfIIR6bVe6ph9PnH"
        + "F37T4pRNnnxg=="
    ),
    (
      "an RSA public key of PKCS #1",
      "MIGJAoGBANmMhaB3fPfXlFDkq8fCFTmIt8p5MKxwINfxUAQ/aFtUa982AdEqNcnS1WcWJYI++3iTyFLZA+XjKTrHGezAt3ibPD6YSiOYUQxRIf"
        + "nzZ6GH2nJdcv4eGGLb6kMGQ6+2zqPRNLVCFC4TsrKwXQZcLH4cxu/MiVbsa9xZaIoMz2gLAgMBAAE="
    ),
    (
      "an Ed25519 private key",
      "MC4CAQAwBQYDK2VwBCIEIEZA1eZqFjAsEz0bLhZTPGUP5sYB1BQoDssUPBzSQY/6"
    ),
    (
      "a private key on P-256",
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpLmqdebgCLl1M/tsXMq/00QkWVFCrzOFsJsTNjZ0iY2hRANCAASqC9HSfLXSo6"
        + "2nVVFjML7kZ+F3yn5Q/zyfzK1qWanmatBbseSJgWpms9pX8p8ghHptV7qmH0+ccXftPilE2efG"
    ),
    (
      "an EC private key of SEC 1",
      "MHcCAQEEIKS5qnXm4Ai5dTP7bFzKv9NEJFlRQq8zhbCbEzY2dImNoAoGCCqGSM49AwEHoUQDQgAEqgvR0ny10qOtp1VRYzC+5Gfhd8p+UP88n8"
        + "ytalmp5mrQW7HkiYFqZrPaV/KfIIR6bVe6ph9PnHF37T4pRNnnxg=="
    ),
    (
      "an RSA private key of PKCS #1",
      "MIICXAIBAAKBgQDZjIWgd3z315RQ5KvHwhU5iLfKeTCscCDX8VAEP2hbVGvfNgHRKjXJ0tVnFiWCPvt4k8hS2QPl4yk6xxnswLd4mzw+mEojmF"
        + "EMUSH582ehh9pyXXL+Hhhi2+pDBkOvts6j0TS1QhQuE7KysF0GXCx+HMbvzIlW7GvcWWiKDM9oCwIDAQABAoGAP229OEAea5SrZbqGa0OnNJMs"
        + "IxianGxE5zEwh0yFfLtsiDQS641HCYUzO081uHfskgdkjONBQ7Grv7t1T5YQ58ttIF/fJj0a7BixXVghL0k0AAkeQlyCTVBROnqd/IxP3RLqHP"
        + "/95NaJlekXEd+qioJkw+3njSXWuUqpNDxvwcECQQD4ui7K6Kic4e4a07j8Mdh4fT4pC/QVrDJbrjE7vJLxCDqANJ8GC5TW7ZBwIoBDg5cKuIDU"
        + "wbBa1ZSV3Y3f2K35AkEA3+j1Gdw6InxWs4a14RjaxC/L50FtB8VJEE3uXsB3CoaRJnXuw5Pr+YkbWwKyYPKBnKZwAQEcqaaVWAH4S5BXIwJAaQ"
        + "xBPQN8Sx4EsSHgi+sFcQX8XdulkA21CxGLy53+NXxzMLiIvUXg69FT4ng/0cPe4/E+wBy5vfNcmNsE05ixCQJBAM/uSg6l0ObNiMZWxvguWJnv"
        + "uO8cdt/MeblGZaJgISwJIyoQQpYk+/JTPLAbpQMasPqEJWcJXVC+fdmomqexdvkCQB63xtRRFMcGVITSqmWdp1mHIMPblPPxwcR+SycwXXfIsF"
        + "SJDxYyEFXv8lvWbPq26NsnpQ68rBteQmVbp5PKpWU="
    ),
    (
      "a DSA private key",
      "MIIBzAIBAAKBgQCJMfO/u2V9xtO/9m+4ptKoeOHMmQ5q1GtW1EbDGCl2/X1kcv7YrhK+U8DbPlwfpXW5AYmYoKkqTsSO24BrqUxsE5T7eay4Dt"
        + "P1YlIQo7GFw0RtQjt+NBe6d8v4nZRnitAwgz0WA3BUy0oaBxMTYfI2pZVFqxVidNMeVPTVjOgCAwIdAOoCuG1LG3erRAViVeF+mzFcuLmhgvHn"
        + "KnDa208CgYAzqz0VJtst2EwdFy5IekfiY4G1XauFtTM3QPAU3wIc7VTRBG7rckdUDS/5IEZzDLQPVa3rvvglwr3q/n257aN3WMXVfjCrS0kZVu"
        + "SyzdHRwd66wfIWtnl0RwdER3qsP5/bIU45zkgAVuum6LleG582pE026tCFcEKLMcndoxJISwKBgQCHdP0uhISYs9TrhuVu9fdrL6ZzXXe5z1w2"
        + "pfH0SdIwdUvwjoOt1Qj8sVuagpVIKqbHowPB4YUb9UAVUX0ckVe+XClLdI3Yq//y8hB5uzpVWdDaEId4DfHbMDUq5yAY6SC1xndHWwSM3xT2Rm"
        + "wG/aApOL+QnlX5kUjxhIX2EDDdoQIdAOEyumEtOYBrSJbX+zP7VzloTTydkIJhrKYXn9w="
    ),
    (
      "an encrypted private key",
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgVRJROtFoWuAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEE0jFemPfK"
        + "R2jKNRO6SQ2QYEQIUtKmVSWVSpfw97htJqMkP+S5b1epeUa6gg1GpBNzeXJY6arlzrBy3voTUFSV3VERItvrX2IE7iWfUfO12vzP4="
    ),
    (
      "a certificate",
      "MIIBLDCB36ADAgECAhRVz48rwwc9p61WnZGPzIXv9QYKxDAFBgMrZXAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjgwODEwMDZaFw0yNjExMjkwOD"
        + "EwMDZaMAwxCjAIBgNVBAMMAWEwKjAFBgMrZXADIQBQe8oZnA4liSRfLum2asXyo3fj6g7hnt4FfYD2e0uh+aNTMFEwHQYDVR0OBBYEFECSD6ds"
        + "FpaxlD/cQASlTZ3t3Jr+MB8GA1UdIwQYMBaAFECSD6dsFpaxlD/cQASlTZ3t3Jr+MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAIRt3KQEdme"
        + "PCydP2axm+Z96bn/Eqo6f/T93dYlDxkoDuKQUoJJETrbWGQCCmkMARlsRqtmQYcnfeydbebq/8DQ=="
    ),
    (
      "a request for a certificate",
      "MIGLMD8CAQAwDDEKMAgGA1UEAwwBYTAqMAUGAytlcAMhAFB7yhmcDiWJJF8u6bZqxfKjd+PqDuGe3gV9gPZ7S6H5oAAwBQYDK2VwA0EAg2dilN"
        + "9a5PbIOT85PQMBGFV3UyDUw+OhqHxkBXRWB9rEEqs+fxbvJJhCqx+9eP1xRjrDzM19yYop9eQsW4/0BQ=="
    ),
    (
      "PKCS #7",
      "MIIBWwYJKoZIhvcNAQcCoIIBTDCCAUgCAQExADALBgkqhkiG9w0BBwGgggEwMIIBLDCB36ADAgECAhQoQOSHYiFWX/ZnC8s00vpGOEMg+TAFBg"
        + "MrZXAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjgwODEwMDZaFw0yNjExMjkwODEwMDZaMAwxCjAIBgNVBAMMAWEwKjAFBgMrZXADIQBQe8oZnA4l"
        + "iSRfLum2asXyo3fj6g7hnt4FfYD2e0uh+aNTMFEwHQYDVR0OBBYEFECSD6dsFpaxlD/cQASlTZ3t3Jr+MB8GA1UdIwQYMBaAFECSD6dsFpaxlD"
        + "/cQASlTZ3t3Jr+MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAWRYKasix9R4kC+e/zR46pYTcTn298t1FKLYRhdwX7Ed5KaYyrFUztVJaGVhx"
        + "QwoSd2hbibRFQfa4xJM1z7UhCDEA"
    ),
    (
      "PKCS #12",
      "MIIDZgIBAzCCAxwGCSqGSIb3DQEHAaCCAw0EggMJMIIDBTCCAhIGCSqGSIb3DQEHBqCCAgMwggH/AgEAMIIB+AYJKoZIhvcNAQcBMFcGCSqGSI"
        + "b3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhHoOObGBp+uQICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELXafgnx1IVD/GtOUEBJZ7KA"
        + "ggGQFkFUhmxoV7GFEfgkyICRZEXfl+bE7/C04muG0pYCIgT2xe80wT092APAn7XfEha0UrnPJgxjXVL6qjXNuI096nQXSU9Y4Fk5aHgDrE7y7f"
        + "Q0FZkFDmWYuY3Iav9GhMtZKSKX5w0BnNBCEvE4NpFs7Ly67RTZKtEwxVIoHOjVKdeS//Xy4LB8267WIpJ6y53ERoQx2A4/hJrFOFNTtr53hvJb"
        + "tVF4ITlTXgknKlsnIE67TOOeTIK7wc1+aIcgyTM8T+0a6VyPZyGggVOsjA67G+TpWT8kBg+fD70YYPEaA2YeX9BaCpnRm2ec48yoxawqDCDTCf"
        + "6gimODxE+vobeAigvMBq0bs7Yl5tdSmk7FYAofobviEWKWvXyLya2sa3WKrYXg2gMuW/miczV/tiJNJAL+9DXvsfsEZNFvpk+TdQQJ7KlCDmxH"
        + "c9IID25/wsAh7fRcEx/yK0KvyznxGJ4JdlaEcaBOR3wK5vWEAescG7BSLrptoWxFJLo/HoiWrmFqkNMz33LgSSb7TVy7EC4AODCB7AYJKoZIhv"
        + "cNAQcBoIHeBIHbMIHYMIHVBgsqhkiG9w0BDAoBAqCBnjCBmzBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIiitM+evWYCMCAggAMAwG"
        + "CCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBBqo+bfPx1oAxmfU1sNMO+XBECrX56Li0lNzDmZOGjGlXZoXKPkemWj9rpGa/GlhmCH+tcicEy13N"
        + "cyzYgZa57r/1qrqU2YYUl+6w7kEAIBUElzMSUwIwYJKoZIhvcNAQkVMRYEFARPIkklmgGkohv0+O49BCpQkhVoMEEwMTANBglghkgBZQMEAgEF"
        + "AAQgfvx0JUiCLqQ2BiKyLjFHNkW046AzwDulMe0trraOG6YECAOFjoAnLoHaAgIIAA=="
    ),
  ]

  static let sshBlob = "AAAAC3NzaC1lZDI1NTE5AAAAIDZ2xSSaNTJQl0LtZYU8sfE6NO1att+4uXeLwK/FEYwp"

  static let texts: [(form: KeyForm, text: String)] = [
    (.pem, "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"), (.pem, "-----BEGIN RSA PRIVATE KEY-----\n"),
    (.pem, "The key of our issuer:\r\n\r\n-----BEGIN CERTIFICATE-----\r\n"),
    (.pem, "\u{FEFF}-----BEGIN PUBLIC KEY-----\n"),
    (.pem, "\n\n  -----BEGIN PUBLIC KEY-----"), (.pem, #"{"a": "-----BEGIN CERTIFICATE-----\nMIIB"}"#),
    (.pem, "-----BEGIN OPENSSH PRIVATE KEY-----\n"), (.pem, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"),
    (.pem, "---- BEGIN SSH2 PUBLIC KEY ----\n"),
    (.jsonWebKey, JWK.text(JWK.rsa)), (.jsonWebKey, JWK.text(JWK.oct)), (.jsonWebKey, JWK.set(JWK.text(JWK.ec))),
    (.jsonWebKey, "\u{FEFF} \r\n\t" + JWK.text(JWK.okp)), (.jsonWebKey, "[\(JWK.text(JWK.ec))]"),
    (.jsonWebKey, #"{"keys": []}"#),
    (.jsonWebKey, #"{"kt\u0079": "RSA", "n": "AQ", "e": "AQAB"}"#),
    (.jsonWebKey, #"{"kty": "RSA", "n": "AQ", "n": "AQ",}"#),
    (.jsonWebKey, #"[{"\u006beys": []}]"#), (.jsonWebKey, #"{"jwks": {"keys": []}}"#),
    (.ssh, "ssh-ed25519 \(sshBlob) me@host\n"), (.ssh, "\u{FEFF}ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"),
    (.ssh, "# mine\n\nssh-rsa  AAAAB3"),
    (.ssh, "ecdsa-sha2-nistp256 AAAAE2VjZHNh"), (.ssh, "sk-ssh-ed25519@openssh.com AAAAGnNrLXNz"),
    (.ssh, "sk-ecdsa-sha2-nistp256@openssh.com\tAAAAInNr"), (.ssh, "ssh-ed25519-cert-v01@openssh.com AAAAIHNz"),
    (.ssh, #"from="10.0.0.1",no-pty ssh-dss AAAAB3NzaC1kc3MA"#), (.ssh, "host.example,10.0.0.1 ssh-ed25519 AAAAC3Nz"),
    (.ssh, "PuTTY-User-Key-File-3: ssh-ed25519\n"), (.ssh, "openssh-key-v1\0none"), (.ssh, sshBlob),
  ]

  @Test(arguments: texts)
  func `a key in text is recognised, also in UTF-16 and in base64`(_ form: KeyForm, _ text: String) {
    let bytes = Array(text.utf8)
    #expect(Self.form(bytes) == form)
    let lines = Self.base64(bytes).map { $0 == "+" ? "-" : $0 }
    #expect(Self.form(Array(String(lines).utf8)) == form || text == Self.sshBlob)
    let visible = bytes.drop { $0 > 0x7F }
    for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] where !visible.contains(0) {
      let wide = visible.flatMap { mark[0] == 0xFF ? [$0, 0] : [0, $0] }
      #expect(Self.form(mark + wide) == form)
    }
  }

  @Test(arguments: der)
  func `a key in DER is recognised where it fills the file`(_ name: String, _ text: String) throws {
    let bytes = try #require(Self.bytes(text))
    #expect(Self.form(bytes) == .der)
    #expect(Self.form(bytes + [0x0D, 0x0A]) == .der)
    #expect(Self.form(Array(text.utf8)) == .der)
    let lines = stride(from: 0, to: text.utf8.count, by: 64).map { String(text.dropFirst($0).prefix(64)) + "\r\n" }
    #expect(Self.form(Array(lines.joined().utf8)) == .der)
    #expect(Self.form(bytes.dropLast()) == nil)
    #expect(Self.form(bytes + [0]) == nil)
    #expect(Self.form([0x31] + bytes.dropFirst()) == nil)
  }

  @Test(arguments: [
    "", "a secret that is long enough for sha-256", "-- BEGIN --", "BEGIN PUBLIC KEY", "{", "[]", "{}", "[1, {}]",
    #"{"secret": "kitty"}"#, #"["key"]"#, #"say "kty" and {"keys""#, "ssh-rsa", "ssh-rsa is no AAAA", "ssh- AAAA",
    "AAAA ssh-rsa",
    "correct horse battery staple", "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==", "MCow", "0", "0\0", "0*0\u{5}",
    "\u{FEFF}a secret", "====",
  ])
  func `other text is none`(_ text: String) {
    #expect(Self.form(Array(text.utf8)) == nil)
  }

  /// Every one begins as a SEQUENCE that fills it does, which one of 65,536 does by accident.
  @Test(arguments: [32, 48, 64]) func `random bytes are none`(_ count: Int) {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var bytes = [UInt8](repeating: 0, count: count)
    for _ in 0..<20_000 {
      for index in bytes.indices {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[index] = UInt8(truncatingIfNeeded: state >> 56)
      }
      #expect(Self.form(bytes) == nil, "\(bytes)")
      (bytes[0], bytes[1]) = (0x30, UInt8(count - 2))
      #expect(Self.form(bytes) == nil, "\(bytes)")
    }
  }

  @Test(arguments: texts)
  func `a key is no secret, in a file or in a key set`(_ form: KeyForm, _ text: String) throws {
    let bytes = Array(text.utf8)
    #expect(throws: KeyError.secretIsKey(form)) { try SharedSecret(file: bytes.span) }
    let set = Array(JWK.set(JWK.text(JWK.oct, ["k": "\"\(Sample.encoded(bytes))\""])).utf8)
    let read = try KeyFile.read(set.span, allowing: [.hs256])
    #expect(read.keys.isEmpty)
    #expect(read.unusable.map(\.flaw) == [.unfit(.secretIsKey(form))])
  }

  @Test(
    arguments: [
      ("secret", []), ("secret\n", []), ("secret\r\n", []), ("", []), ("\n", []), (" a secret", []),
      ("a\tsecret\n", []),
      ("secret\n\n", [.newlinesAtEnd(2)]), ("secret\r\n\r\n\n", [.newlinesAtEnd(3)]), ("secret ", [.blankAtEnd]),
      ("secret\t\n", [.blankAtEnd]), ("secret \n\n", [.blankAtEnd]), ("secret\r", [.blankAtEnd]),
      ("secret\n\r", [.blankAtEnd]),
      ("secret\r\r\n", [.blankAtEnd]), ("\u{FEFF}secret", [.byteOrderMark]),
      ("\u{FEFF}säcret \n", [.byteOrderMark, .blankAtEnd]),
      ("\u{1}secret ", []), ("secret\0\n\n", []),
    ] as [(String, [SecretOddity])])
  func `what the author of a secret does not see is odd`(_ text: String, _ oddities: [SecretOddity]) {
    let contents = Array(text.utf8)
    #expect(SecretOddity.all(in: contents.span) == oddities)
  }

  @Test func `bytes that are no text may end as they like`() {
    let binary: [UInt8] = [0xFF, 0xFE, 0x80, 0x41, 0x0A, 0x0A]
    let marked: [UInt8] = [0xFF, 0xFE, 0x41, 0]
    #expect(SecretOddity.all(in: binary.span) == [])
    #expect(SecretOddity.all(in: marked.span) == [.byteOrderMark])
  }

  private static func form(_ bytes: [UInt8]) -> KeyForm? { KeyForm(of: bytes.span) }

  private static func bytes(_ base64: String) -> [UInt8]? {
    let digits = base64.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
    var bytes: [UInt8] = []
    return Base64URL.decode(Array(String(digits).utf8).span, into: &bytes) ? bytes : nil
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    var text = ByteBuffer()
    Base64.encode(bytes.span, into: &text)
    return text.text
  }
}
