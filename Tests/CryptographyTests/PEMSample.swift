/// Keys made for these tests with the openssl program; nothing else was ever signed with them.
enum PEMSample {
  static let pointKey = """
    -----BEGIN EC PARAMETERS-----
    BggqhkjOPQMBBw==
    -----END EC PARAMETERS-----
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIHfgHVMPOlktZsPnqyT9Q5gwvme3/u/oYJzHNzv++vyioAoGCCqGSM49
    AwEHoUQDQgAEzj7IkVvDmbiXuNv6coS/vcdDf5NpXT9RaZU3BFhg06i2XdpQ9EYd
    NviIHJkQHDq2Kriez17q8onmeYW5QsuwgQ==
    -----END EC PRIVATE KEY-----

    """

  static let pointKeyPKCS8 = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgd+AdUw86WS1mw+er
    JP1DmDC+Z7f+7+hgnMc3O/76/KKhRANCAATOPsiRW8OZuJe42/pyhL+9x0N/k2ld
    P1FplTcEWGDTqLZd2lD0Rh02+IgcmRAcOrYquJ7PXuryieZ5hblCy7CB
    -----END PRIVATE KEY-----

    """

  static let pointKeyEncrypted = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjCrbm9jEx59QICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAEQCiZfTmg38gz5lR8aoGgEgZDm
    9nwTrvRdgkFKnhBD3L2C4Ds5nAqkSGz/ZOeVHFpeaX2xnJGRP5YMIGJtm8MWBZLo
    LREFJSdKU6MlkRmdEcau99qwuXp/S6C5Wxt+H2Yx82fVKX7obCmP63/kwH/t3/5i
    SR7yt/jyE2sg7oOd8GuQ7HT5DxwcmpOzmsWR78O/5VweBcHxdk75op1ciNrOPOg=
    -----END ENCRYPTED PRIVATE KEY-----

    """

  static let pointKeyEncryptedOldForm = """
    -----BEGIN EC PRIVATE KEY-----
    Proc-Type: 4,ENCRYPTED
    DEK-Info: AES-128-CBC,752B7A7262CD5234D64252DBE55940C6

    4zr1UMxtTYUFZ3R6bXzRKioHStICjNMJzCTOaUr0m+QE0F26j/XGjdxpCbVrvMly
    2blKIXb8D4JHQHx1JeV5sTl6qnUiN9BYOphfw44wz3R97XEk4FGVhcwR3Mpl4v5p
    jDcJEC2/Jq0FZMPOPfAuuimAVeUL06d2lpm89iEs+9A=
    -----END EC PRIVATE KEY-----

    """

  static let pointKeyOfTwo = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIHfgHVMPOlktZsPnqyT9Q5gwvme3/u/oYJzHNzv++vyioAoGCCqGSM49AwEHoUQDQgAE
    J4X/qnQFFfrpUJ62QvsYqQxjLF5cIJ5fGinnvdrXgai9DH0EJupq3fPHZqu1PmPC11I+V4KqW0Ua
    BJ3qct1pzQ==
    -----END EC PRIVATE KEY-----

    """

  static let point = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzj7IkVvDmbiXuNv6coS/vcdDf5Np
    XT9RaZU3BFhg06i2XdpQ9EYdNviIHJkQHDq2Kriez17q8onmeYW5QsuwgQ==
    -----END PUBLIC KEY-----

    """

  static let pointCompressed = """
    -----BEGIN PUBLIC KEY-----
    MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADzj7IkVvDmbiXuNv6coS/vcdDf5Np
    XT9RaZU3BFhg06g=
    -----END PUBLIC KEY-----

    """

  static let pointExplicit = """
    -----BEGIN PUBLIC KEY-----
    MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
    AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
    ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
    NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
    RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
    //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABFCAwG0ul21lV3Tcjbu+9dkh
    cW+il87VyI6ERE8W1Xb2AEdDuk0x3PmpkvkZ6x/x4y411zgs3vS2ocPsKlJb8k8=
    -----END PUBLIC KEY-----

    """

  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBdTCCARugAwIBAgIUJppipKs/MsWQ0lgYv29rtkIpc4AwCgYIKoZIzj0EAwIw
    DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjExNTM0NDVaGA8yMTI2MTAyODE1MzQ0
    NVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABM4+
    yJFbw5m4l7jb+nKEv73HQ3+TaV0/UWmVNwRYYNOotl3aUPRGHTb4iByZEBw6tiq4
    ns9e6vKJ5nmFuULLsIGjUzBRMB0GA1UdDgQWBBT6WssZGOcdHWLi1bMzpngIUVP1
    oTAfBgNVHSMEGDAWgBT6WssZGOcdHWLi1bMzpngIUVP1oTAPBgNVHRMBAf8EBTAD
    AQH/MAoGCCqGSM49BAMCA0gAMEUCIEublWuM3vFDw6OTVWhplA64hTdvIiXoKExt
    axaN3LjQAiEA2BlsE1/dRiMdyCSy1YxZd0ncm+tcqbjhthB5Be+AwFI=
    -----END CERTIFICATE-----

    """

  static let bitcoinPoint = """
    -----BEGIN PUBLIC KEY-----
    MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE5/ExgsIAyfhrnx268Hb9ayYABsqZPBfc
    g5eBdYKK7CN466pW7xlRa3WkQM2sCU9cmDC+uL+Y3FRajT0gFxEzDw==
    -----END PUBLIC KEY-----

    """

  static let agreementPoint = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VuAyEAg6KkVC5OZZ5XLnXExkDHkhlnBsj7cvWERjRjfwu/Zk0=
    -----END PUBLIC KEY-----

    """

  static let edwards = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEAfNzM/TXbcbErPSDTRfmH4s1zIRWRJHgP3r2azQunr8A=
    -----END PUBLIC KEY-----

    """

  static let edwardsKey = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEII+Rqg1g+0UdqmBP20HXhMyyJV/borD42UKUFQANDjor
    -----END PRIVATE KEY-----

    """

  static let rsaKey = """
    -----BEGIN RSA PRIVATE KEY-----
    MIIEowIBAAKCAQEArzqX9xF3bFBcafo8pz7zxu9p1k8D/pQnhqgDq4ImkpblXRZt
    /IBfjcOgJRjYMA7ItQqdXQv7Upu+8GQ88z4nKGjz7+6wjy+XGv+Y/oIwFEyfw88T
    X+cilhx3EbR7/gXlOXbzHC65+rtjWTFqpn9V8/saZ6S2YJE2zQavahooZz+/exXQ
    0uXJh6U+tjRseAlQaL5QQFXLyaVeUAwq/9DBiTkgA4mHyVX8VcKNUvw1IZtKCX3B
    a/VDyz1UMG4PYCNS3sHNbdrsVzao49BW5tzm+qlu0I5s7EEiUGr5A6N0LHYVgjxF
    GwCy65fdwmPJVj9dqHdsPrG5ynOSVJ89jKccVQIDAQABAoIBABGSjnFSQNftoirl
    k6YRB9jsIwDBKU0jNeiI2l9dfLlIJSXF7U88X3jDxMBboriFDwcq0pelbzV8VXRd
    lQgutDYW+lmWJgIh+2UTe1gQnbo3afE0x8RfFUaZAa7WmvWhSTjPTzeFDxUQLDki
    XcfnLqs6RA5fRAPgpC6A7F/3UhRycwmh3MrKD2iBE2/Jc41Ekean64D28zvZBibs
    t3gqkYEi1IrVpnua7jh8OKZ1c0Ir0KgbecuiRh+Ojk+QZtjJr9DQubWxNlBQBWfu
    asqHtTMBGmEIEjbgToVt82V7HranXAze9Fao4n+HwyDocBkgS50cHBtS7aFaG9GR
    h5FjjDkCgYEA8fhX8URwPY2WzU9nu2pOuvcsDp5cuAVTEPvNZiR2ZF9CZ5WrDYDA
    j+SihM2yanVje5tqO6f9Di5qZ1lY1HCBlbUoWvLgf8Lxi0giRS/63W3FZyr2XeSw
    s5ctN4ooGUlHXzmwS/T0smnnGQlLjhMYZgfaaOOQsdsSjqZJBckbFukCgYEAuWOV
    kixRBZxM530kiKv0mH4XbQUE4a7UYZEDz15diqRJwiajcZ3XrWqh2BjD2RSCGAg7
    ZLD328vyzXDCJlo7PkwAeSxs7plNGhq1S7mmCHiOUkDlarbMD88GqlmC+2ME2b1p
    SdKiCZ/lqJpg8bqVBoywysgB3JmllQWumoJszo0CgYAJKuKSFoi2HE4xWyfP9vgi
    p0i5CRD0O+doxlGC5DDEHsPSTt5bNZyWFxB9PZnb5LSvMzU0K2owBlwrrDvsWJLg
    TCvKPld5H7atEz+RJX84snb/MKaC6i4zr6+b4hUg2CDnH7VpO0+mDtMdpLeDG4Aa
    JYQF41FRG765Pt2XZYYsOQKBgQCO/c2fCkmQD0eOAYtNU3x8pj0BXK6wN/4eJxEO
    QFXcGu29L7o/ZyS04Jtmp2tgI55YVPkiqBD1WnCznvZRSKWLXmm7DNYUju/WY6VU
    fCQhQoNb1CxfzBDHXMJiYFpT9cMHAz6Tr0BGNiuYiUKfEG/jtl6iefRdp7D8qX5M
    NK8h/QKBgA6OIYPCVHQKq1tL+5zyoQPSXnjgCcKE4n+T97VegweCaa02oMIgR9rh
    qg/y/fqaw3LNuWjP2or3sEzG5esH1x1FgfFM7Wo4NscNq0K4UnnbXJLm86uipH1J
    t2+QQWat9ainrvsdOhO5abGKk56BOttmsoqUXABgoMnCowxiS7dC
    -----END RSA PRIVATE KEY-----

    """

  static let rsa = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArzqX9xF3bFBcafo8pz7z
    xu9p1k8D/pQnhqgDq4ImkpblXRZt/IBfjcOgJRjYMA7ItQqdXQv7Upu+8GQ88z4n
    KGjz7+6wjy+XGv+Y/oIwFEyfw88TX+cilhx3EbR7/gXlOXbzHC65+rtjWTFqpn9V
    8/saZ6S2YJE2zQavahooZz+/exXQ0uXJh6U+tjRseAlQaL5QQFXLyaVeUAwq/9DB
    iTkgA4mHyVX8VcKNUvw1IZtKCX3Ba/VDyz1UMG4PYCNS3sHNbdrsVzao49BW5tzm
    +qlu0I5s7EEiUGr5A6N0LHYVgjxFGwCy65fdwmPJVj9dqHdsPrG5ynOSVJ89jKcc
    VQIDAQAB
    -----END PUBLIC KEY-----

    """

  static let rsaPKCS1 = """
    -----BEGIN RSA PUBLIC KEY-----
    MIIBCgKCAQEArzqX9xF3bFBcafo8pz7zxu9p1k8D/pQnhqgDq4ImkpblXRZt/IBf
    jcOgJRjYMA7ItQqdXQv7Upu+8GQ88z4nKGjz7+6wjy+XGv+Y/oIwFEyfw88TX+ci
    lhx3EbR7/gXlOXbzHC65+rtjWTFqpn9V8/saZ6S2YJE2zQavahooZz+/exXQ0uXJ
    h6U+tjRseAlQaL5QQFXLyaVeUAwq/9DBiTkgA4mHyVX8VcKNUvw1IZtKCX3Ba/VD
    yz1UMG4PYCNS3sHNbdrsVzao49BW5tzm+qlu0I5s7EEiUGr5A6N0LHYVgjxFGwCy
    65fdwmPJVj9dqHdsPrG5ynOSVJ89jKccVQIDAQAB
    -----END RSA PUBLIC KEY-----

    """

  static let rsaShort = """
    -----BEGIN PUBLIC KEY-----
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCmFPNnwmGhpxHaGwg3WjSRNXnW
    mc160upbe5NBY94S3ApkVQIX/s3Sa2YZpu+Tm1glEV6Q//dFc71JGjmxSyJAcJYn
    yeIF9AOZIckIVgWFdzaxWZqxJIxwczI6IzYTAyaOtBjM/af5sBswdjPYlBcPrI0M
    K6Ra1sc5O8yQ6RiRfwIDAQAB
    -----END PUBLIC KEY-----

    """

  static let rsaForPSSOnly = """
    -----BEGIN PUBLIC KEY-----
    MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAPHyHhSUFjyDHfo7XMPdjhyr
    CEKA+0mPkhg5DivALR4nJ6vaT4XvMIo57rIEQTk0aWSUzoYwOziuKS7TCn3USPr8
    lznOQpfcRYhkwyy0hafZwjBa5w34Nioo+4/ZoCDWzyUslxvmFJqPle+iqxe5vTbY
    vml1G1NTsblg9272X4ZNxxDYqFGo8ShVSN47cgBS9D4YbtBrA+j+zQxiplg+wIC5
    ifPEOxfwq1ElsdcOUe1s0LiWwaaOdy0nC/a2Dt0L22SxioEyuN6gspwjuRZSh816
    cQ3EabfPwXOHh5QTEuP2QN8XV0FxYFH2tHPbCI1L1Snboa1r+una5lHgrQL04jMC
    AwEAAQ==
    -----END PUBLIC KEY-----

    """
}
