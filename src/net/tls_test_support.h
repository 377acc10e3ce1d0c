// Certificates made while the test runs, so that none expires in the tree.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace weft::net::tls {

struct Identity {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;

  std::string certificate_pem() const {
    return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
  }
  std::string key_pem(const char* password = nullptr) const {
    const EVP_CIPHER* const cipher = password == nullptr ? nullptr : EVP_aes_256_cbc();
    return pem([&](BIO* bio) {
      return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), cipher, password, password == nullptr ? 0 : 6, nullptr,
                                           nullptr);
    });
  }

 private:
  template <class Write>
  static std::string pem(Write&& write) {
    BIO* const bio = BIO_new(BIO_s_mem());
    write(bio);
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(bytes));
    BIO_free(bio);
    return text;
  }
};

struct IdentityOptions {
  std::string name = "localhost";
  std::string also = "DNS:localhost,IP:127.0.0.1";
  long begins_seconds = -3600, ends_seconds = 3600;  // from now
  const Identity* issuer = nullptr;                  // none: signed by itself
  bool may_sign = false;
};

inline Identity make_identity(const IdentityOptions& options) {
  const Identity made{{X509_new(), &X509_free}, {EVP_EC_gen("P-256"), &EVP_PKEY_free}};
  X509* const certificate = made.certificate.get();
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.begins_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.ends_seconds);
  X509_set_pubkey(certificate, made.key.get());
  const auto* name = reinterpret_cast<const unsigned char*>(options.name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, -1, -1, 0);
  const Identity& issuer = options.issuer != nullptr ? *options.issuer : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  const auto add = [&](int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer.certificate.get(), certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_basic_constraints, options.may_sign ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.may_sign) add(NID_subject_alt_name, options.also);
  X509_sign(certificate, issuer.key.get(), EVP_sha256());
  return made;
}

// A root, and what it signed for localhost.
struct Authority {
  Identity root = make_identity({.name = "weft test root", .may_sign = true});
  Identity localhost = issue({});

  Identity issue(IdentityOptions options) const {
    options.issuer = &root;
    return make_identity(options);
  }
};

// Of the whole test.
inline const Authority& authority() {
  static const Authority made;
  return made;
}

}  // namespace weft::net::tls
