import Foundation

/// Certificates made for these tests, each in DER and base64; their key has signed nothing else.
package enum CertificateSample {
  /// The bytes of one of them.
  package static func der(_ text: String) -> [UInt8] { Array(Data(base64Encoded: text) ?? Data()) }

  /// A certificate with a name of every kind.
  package static let plain = """
    MIIBlDCCATugAwIBAgIBBzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAw\
    MFowNzERMA8GA1UECgwIRXjDpG1wbGUxEjAQBgNVBAsMCU9wcywgRWFzdDEOMAwGA1UEAwwFYWxpY2UwWTATBgcqhkjOPQIBBggq\
    hkjOPQMBBwNCAATAKvtsR2LMVF+pL6hMrxvnTh8zS84XAsrk8mvWdpN4CvqT5GUNJuHq7B054lFV+6TOb0+/FvEAN5N6TVKCaP1R\
    o2AwXjBcBgNVHREEVTBTgg5jbGllbnQuZXhhbXBsZYYWc3BpZmZlOi8vZXhhbXBsZS9hbGljZYERYWxpY2VAZXhhbXBsZS5jb22H\
    BMAAAgeHECABDbgAAAAAAAAAAAAAAAcwCgYIKoZIzj0EAwIDRwAwRAIgECwbpfE0gTO1SN7pDUYhSaFrQK3jyBN+vVrPo9UeRyEC\
    IGTm5JD0irTHwxviaqx+hOjqWfd7aau2Hr2NuQAvzDWb
    """

  /// A certificate whose names are those of ``plain`` in other kinds.
  package static let other = """
    MIIBLjCB1qADAgECAgEHMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMMAmNhMCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAw\
    WjAOMQwwCgYDVQQDDANib2IwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAKvtsR2LMVF+pL6hMrxvnTh8zS84XAsrk8mvWdpN4\
    CvqT5GUNJuHq7B054lFV+6TOb0+/FvEAN5N6TVKCaP1RoyQwIjAgBgNVHREEGTAXggVVUkk6eIYOY2xpZW50LmV4YW1wbGUwCgYI\
    KoZIzj0EAwIDRwAwRAIgCYGLhQ4Zy8mzLBm0vU+Z8v5JJ/42oUDRsBHkkiRSM7ACIAWfxZOJgRnxTepl/TfECPEGwMpz9t8z0996\
    KSGb9Gcx
    """

  /// A certificate that names nobody.
  package static let nameless = """
    MIH6MIGioAMCAQICAQcwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EwIBcNMjQwMTAxMDAwMDAwWhgPMjEyNDAxMDEwMDAwMDBa\
    MAAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAKvtsR2LMVF+pL6hMrxvnTh8zS84XAsrk8mvWdpN4CvqT5GUNJuHq7B054lFV\
    +6TOb0+/FvEAN5N6TVKCaP1RMAoGCCqGSM49BAMCA0cAMEQCIEb6zfLkPC8GMX28wGr9jZsmBY5G3WmPsv4l5NIvUcJmAiBU31cJ\
    rKtBK7KpgrhDcdSSlOpUq3gwvzjHr/cc6mRiVg==
    """

  /// A certificate with names that no program should take as they are.
  package static let odd = """
    MIIBszCCAVigAwIBAgIBBzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAw\
    MFowRjENMAsGA1UECgwEUVFRUTEbMAoGA1UECwwDIHggMA0GA1UEAwwGI2ErYj1jMRgwFgYDVQQDDA9udWwAaGVyZQ0KPCJcPjsw\
    WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAKvtsR2LMVF+pL6hMrxvnTh8zS84XAsrk8mvWdpN4CvqT5GUNJuHq7B054lFV+6TO\
    b0+/FvEAN5N6TVKCaP1Ro24wbDBqBgNVHREEYzBhghdhLmV4YW1wbGUALmV2aWwuZXhhbXBsZYILYiBjLmV4YW1wbGWCCsOkLmV4\
    YW1wbGWCAIcFAQIDBAWIAyoDBIYLaHR0cHM6Ly9hCi+BBGFAYn+CDGdvb2QuZXhhbXBsZTAKBggqhkjOPQQDAgNJADBGAiEA2Wgw\
    OHrsrhv8YsQO0/VT7OFOUOBhaO6ATQ7iwglj5gUCIQCGq9n78M7Nu+ZD+si77sxbhe2YgQgQId3DOWuGAvM1Iw==
    """

  /// The same with a subject that is no UTF-8.
  package static let invalid = """
    MIIBszCCAVigAwIBAgIBBzAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAw\
    MFowRjENMAsGA1UECgwE//7DKDEbMAoGA1UECwwDIHggMA0GA1UEAwwGI2ErYj1jMRgwFgYDVQQDDA9udWwAaGVyZQ0KPCJcPjsw\
    WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATAKvtsR2LMVF+pL6hMrxvnTh8zS84XAsrk8mvWdpN4CvqT5GUNJuHq7B054lFV+6TO\
    b0+/FvEAN5N6TVKCaP1Ro24wbDBqBgNVHREEYzBhghdhLmV4YW1wbGUALmV2aWwuZXhhbXBsZYILYiBjLmV4YW1wbGWCCsOkLmV4\
    YW1wbGWCAIcFAQIDBAWIAyoDBIYLaHR0cHM6Ly9hCi+BBGFAYn+CDGdvb2QuZXhhbXBsZTAKBggqhkjOPQQDAgNJADBGAiEA2Wgw\
    OHrsrhv8YsQO0/VT7OFOUOBhaO6ATQ7iwglj5gUCIQCGq9n78M7Nu+ZD+si77sxbhe2YgQgQId3DOWuGAvM1Iw==
    """

  /// A certificate that has its alternative names twice.
  package static let twin = """
    MIIBPjCB5aADAgECAgEHMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMMAmNhMCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAw\
    WjAPMQ0wCwYDVQQDDAR0d2luMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwCr7bEdizFRfqS+oTK8b504fM0vOFwLK5PJr1naT\
    eAr6k+RlDSbh6uwdOeJRVfukzm9PvxbxADeTek1Sgmj9UaMyMDAwFgYDVR0RBA8wDYILb25lLmV4YW1wbGUwFgYDVR0RBA8wDYIL\
    dHdvLmV4YW1wbGUwCgYIKoZIzj0EAwIDSAAwRQIhAJs5fHCIGqflCn6n6s3G/CAxQhzihy3SerSGwsr5+E6RAiBO7tGqyEiZVfZp\
    4XRdlmIZkMtkoEgmB7MYWQS9OorKYg==
    """
}
