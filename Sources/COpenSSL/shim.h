// libcrypto and libssl of OpenSSL 3, as the system has them.
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Macros that Swift can't read.

static inline int portcullis_public_key_selection(void) { return EVP_PKEY_PUBLIC_KEY; }
static inline int portcullis_sha2_digest_salt(void) { return RSA_PSS_SALTLEN_DIGEST; }
static inline int portcullis_read_pending(BIO *bio) { return (int)BIO_pending(bio); }
