//! The certificate that https is served with.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    },
};

use crate::config::Tls;

const CERT_FILE: &str = "self-signed.pem";
const KEY_FILE: &str = "self-signed.key";

/// Why https cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has no PEM of its kind.
    #[error("{path} has no certificate or key that can be read: {cause}")]
    Pem {
        /// Which.
        path: String,
        /// Why.
        cause: pem::Error,
    },
    /// Certificate and key do not fit, say.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// None could be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The one that was made could not be kept.
    #[error("{path} cannot be written: {cause}")]
    Keep {
        /// Which.
        path: String,
        /// Why.
        cause: io::Error,
    },
}

/// What takes connections in; `None` for plain http. A self-signed certificate is made once and kept in `data_dir`,
/// so that browsers ask once.
///
/// # Errors
/// [`TlsError`].
pub fn acceptor(
    tls: &Tls,
    data_dir: &Path,
    names: Vec<String>,
) -> Result<Option<TlsAcceptor>, TlsError> {
    let (cert, key) = match tls {
        Tls::None => return Ok(None),
        Tls::Files { cert, key } => (cert.clone(), key.clone()),
        Tls::SelfSigned => self_signed(data_dir, names)?,
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&cert).and_then(Iterator::collect);
    let chain = chain.map_err(|cause| pem_error(&cert, cause))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|cause| pem_error(&key, cause))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn self_signed(data_dir: &Path, names: Vec<String>) -> Result<(PathBuf, PathBuf), TlsError> {
    let (cert, key) = (data_dir.join(CERT_FILE), data_dir.join(KEY_FILE));
    if !(cert.exists() && key.exists()) {
        let made = rcgen::generate_simple_self_signed(names)?;
        keep(&key, &made.signing_key.serialize_pem())?;
        keep(&cert, &made.cert.pem())?;
    }
    Ok((cert, key))
}

fn keep(path: &Path, text: &str) -> Result<(), TlsError> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| TlsError::Keep {
        path: path.display().to_string(),
        cause,
    })
}

fn pem_error(path: &Path, cause: pem::Error) -> TlsError {
    TlsError::Pem {
        path: path.display().to_string(),
        cause,
    }
}
