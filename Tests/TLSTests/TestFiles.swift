import Foundation
import TestSupport
import Testing

@testable import TLS

/// An authority of the tests' own and what it has signed, good until 2120.
enum TestFiles {
  /// The authority itself.
  static let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBSzCB8qADAgECAhRgBPsfgL3Skly0qeAblExiiz0xUDAKBggqhkjOPQQDAjAZ
    MRcwFQYDVQQDDA5UZXN0IEF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIw
    MDEwMTAwMDAwMFowGTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwWTATBgcqhkjO
    PQIBBggqhkjOPQMBBwNCAATuXTX9S6c3cwRbEyDmZlPymLyje/AzOqSWE+4xKuf8
    9HQcfZ9fSk1v+mM2SsLTJDwTbybBXc1gq872Fae/+WXNoxYwFDASBgNVHRMBAf8E
    CDAGAQH/AgEAMAoGCCqGSM49BAMCA0gAMEUCIQCvQmAkK881T8jnk0b9unXaHrkw
    dow9OVmg+IVKW/DA7wIgEDfKS/T6c03JWcUw+1CB4wP1HBnRoZKT7mnxVq0N2r4=
    -----END CERTIFICATE-----
    """

  /// For `localhost`, `*.b.test` and `127.0.0.1`.
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBZzCCAQ2gAwIBAgIUEn5mtAkuzwiyJsz6Xd0fWhE3oxcwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjEy
    MDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEG
    CCqGSM49AwEHA0IABGxq/2JHrCl1tNLHX1n2Qf0DW4N79mBrya0I+MjkbpGPDjRV
    szlC8CY21rGW4Y7NDLLG/9fF/hq3KmDS729ocx2jNjA0MCQGA1UdEQQdMBuCCWxv
    Y2FsaG9zdIIIKi5iLnRlc3SHBH8AAAEwDAYDVR0TAQH/BAIwADAKBggqhkjOPQQD
    AgNIADBFAiEAsFF70gKMepJOqc2MlpyzANDDOd8wKAoIKEGrns+S/ZECIByWHUos
    7/9Z+WkOLsA/q9v6EYc9m4x1NgEtyO8U9fHu
    -----END CERTIFICATE-----
    """

  /// The same, good until 2021.
  static let expired = """
    -----BEGIN CERTIFICATE-----
    MIIBZjCCAQugAwIBAgIUW/KMIl66S01zmMOsjtAxR12wmVYwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcNMjEw
    MTAxMDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggq
    hkjOPQMBBwNCAARsav9iR6wpdbTSx19Z9kH9A1uDe/Zga8mtCPjI5G6Rjw40VbM5
    QvAmNtaxluGOzQyyxv/Xxf4atypg0u9vaHMdozYwNDAkBgNVHREEHTAbgglsb2Nh
    bGhvc3SCCCouYi50ZXN0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwID
    SQAwRgIhAIVF4eIkmv+P5M4jgx5+5STHfUM0Keelg4MaCOeyqGKqAiEA/YrMXt6t
    zYFtU5BEYkSoYPwSiGVpO4M7a4erHLOgToI=
    -----END CERTIFICATE-----
    """

  /// The key of both.
  static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgeSi0aDnk+S92WAtp
    b5EOaRHvlZy9d7FNxQh2fa4r9amhRANCAARsav9iR6wpdbTSx19Z9kH9A1uDe/Zg
    a8mtCPjI5G6Rjw40VbM5QvAmNtaxluGOzQyyxv/Xxf4atypg0u9vaHMd
    -----END PRIVATE KEY-----
    """

  /// Writes a file that lives as long as the directory.
  static func write(_ text: String, to name: String, in directory: TemporaryDirectory) throws -> String {
    let path = directory(name)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// The pair, read back from files.
  static func pair(_ certificate: String = certificate) throws -> CertificatePair {
    let directory = try TemporaryDirectory()
    return try CertificatePair(
      certificate: write(certificate, to: "c.pem", in: directory), key: write(key, to: "k.pem", in: directory),
      now: 1_700_000_000, takesExpired: true)
  }

  static func trust() throws -> TrustStore {
    let directory = try TemporaryDirectory()
    return try TrustStore.file(write(authority, to: "ca.pem", in: directory))
  }
}
