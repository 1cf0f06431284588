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

// Lists of libcrypto are macros all the way down.

static inline int portcullis_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

// The DNS name at that place; NULL if another kind of name stands there.
static inline const unsigned char *portcullis_general_names_dns(const GENERAL_NAMES *names, int index, int *count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (name == NULL || name->type != GEN_DNS) return NULL;
  *count = ASN1_STRING_length(name->d.dNSName);
  return ASN1_STRING_get0_data(name->d.dNSName);
}

static inline void portcullis_general_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }

static inline STACK_OF(X509) *portcullis_certificates_new(void) { return sk_X509_new_null(); }
static inline void portcullis_certificates_free(STACK_OF(X509) *list) { sk_X509_free(list); }
static inline int portcullis_certificates_push(STACK_OF(X509) *list, X509 *certificate) {
  return sk_X509_push(list, certificate) > 0;
}

static inline uint64_t portcullis_server_options(void) {
  return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_SSLv3;
}
static inline uint64_t portcullis_no_ticket_option(void) { return SSL_OP_NO_TICKET; }
static inline int portcullis_set_groups(SSL_CTX *context, const char *groups) {
  return (int)SSL_CTX_set1_groups_list(context, groups);
}
static inline void portcullis_set_verify_store(SSL_CTX *context, X509_STORE *store) {
  SSL_CTX_set1_verify_cert_store(context, store);
}
static inline void portcullis_set_servername_callback(SSL_CTX *context, int (*callback)(SSL *, int *, void *)) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
}
static inline int portcullis_set_ticket_mac(EVP_MAC_CTX *mac, const unsigned char *key, size_t count) {
  OSSL_PARAM parameters[3];
  parameters[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, count);
  parameters[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
  parameters[2] = OSSL_PARAM_construct_end();
  return EVP_MAC_CTX_set_params(mac, parameters);
}

// Names in certificates, whose stacks and flags are macros.

// The subject as RFC 4514 has it, in UTF-8; negative if it can't be written.
static inline int portcullis_write_subject(BIO *bio, const X509 *certificate) {
  unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
  return X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, flags);
}

static inline GENERAL_NAMES *portcullis_alternative_names(const X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

// The kind of a name, and its bytes, which stay the name's; 0 for a kind that is no DNS name (1), URI (2), address of mail (3) or of
// the Internet (4).
static inline int portcullis_name_at(const GENERAL_NAMES *names, int index, const unsigned char **bytes, int *count) {
  int type = -1;
  const ASN1_STRING *text = (const ASN1_STRING *)GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &type);
  if (text == NULL || (type != GEN_DNS && type != GEN_URI && type != GEN_EMAIL && type != GEN_IPADD)) return 0;
  *bytes = ASN1_STRING_get0_data(text);
  *count = ASN1_STRING_length(text);
  return type == GEN_DNS ? 1 : type == GEN_URI ? 2 : type == GEN_EMAIL ? 3 : 4;
}
