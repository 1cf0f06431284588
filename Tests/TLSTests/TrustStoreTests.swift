import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite struct `Authorities for sessions with servers` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `are those of the system where none are given, made once`() throws {
    #expect(try TrustStore.system() === TrustStore.system())
  }

  @Test func `that are not there are said to be`() {
    #expect(throws: TLSFileFault.unreadable("No such file or directory")) { try TrustStore.file("/nonexistent/ca.pem") }
  }

  @Test(arguments: [
    ("", TLSFileFault.noCertificate), ("no certificate", .noCertificate),
    ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", .damaged("certificate")),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .damaged("certificate")),
    (TestFiles.authority + "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .damaged("certificate")),
    (TestFiles.key, .noCertificate),
  ])
  func `that are none are refused`(_ text: String, _ fault: TLSFileFault) throws {
    let path = try TestFiles.write(text, to: "ca.pem", in: directory)
    #expect(throws: fault) { try TrustStore.file(path) }
    #expect(throws: fault) { try TrustStore.system(and: path) }
  }

  @Test func `are the same if they were made of the same`() throws {
    let one = try TestFiles.write(TestFiles.authority, to: "1.pem", in: directory)
    let two = try TestFiles.write(TestFiles.authority, to: "2.pem", in: directory)
    let other = try TestFiles.write(TestFiles.certificate, to: "3.pem", in: directory)
    let store = try TrustStore.file(one)
    #expect(try store.isSame(as: .file(two)))
    #expect(try !store.isSame(as: .file(other)))
    #expect(try !store.isSame(as: .system()))
    #expect(try !TrustStore.system().isSame(as: store))
  }
}

@Suite struct `The name of a server` {
  @Test(arguments: ["127.0.0.1", "::1", "2001:db8::1"])
  func `may be an address`(_ text: String) { #expect(ServerIdentity(text) == .address(text)) }

  @Test(arguments: ["localhost", "a.b", "1.2.3.4.5", "127.0.0.1.example"])
  func `may be a host`(_ text: String) { #expect(ServerIdentity(text) == .host(text)) }
}
