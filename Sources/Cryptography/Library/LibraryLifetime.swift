import COpenSSL

/// Keeps libcrypto, and libssl on top of it, usable until the process has ended.
package enum LibraryLifetime {
  /// Leaves the library as it is when the process ends.
  ///
  /// By itself it takes itself down then, below the feet of threads that are still at work. Called before anything else of it is.
  package static func outliveThreads() { _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) }
}
