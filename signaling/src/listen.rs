//! Accepts connections, with or without TLS, and hands their requests to warp with the peer's address in them.
//!
//! warp's own loop hides that address and has no TLS. Whatever happens to one connection, the loop goes on.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time,
};
use tokio_rustls::TlsAcceptor;
use warp::{filters::BoxedFilter, reply::Response};

use crate::routes::Peer;

/// Connections at once; beyond these, new ones wait in the kernel.
const CONNECTIONS: usize = 8_192;

/// How long a request's head may take to come: slow senders would hold connections for nothing.
const HEAD: Duration = Duration::from_secs(10);
const HEAD_BYTES: usize = 32 * 1024;
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long accepting rests when the system refuses, as it does when file descriptors run out.
const REST: Duration = Duration::from_millis(100);

/// A bound listener.
pub struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// Nothing could be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ListenError {
    address: SocketAddr,
    cause: io::Error,
}

impl Listener {
    /// Binds the first of `addresses` that can be bound.
    ///
    /// # Errors
    /// [`ListenError`] for the last of them when none can.
    ///
    /// # Panics
    /// When there are no addresses.
    pub async fn bind(
        addresses: &[SocketAddr],
        tls: Option<TlsAcceptor>,
    ) -> Result<Self, ListenError> {
        let mut last = None;
        for address in addresses {
            match TcpListener::bind(address).await {
                Ok(listener) => return Ok(Self { listener, tls }),
                Err(cause) => {
                    last = Some(ListenError {
                        address: *address,
                        cause,
                    })
                }
            }
        }
        Err(last.expect("there is at least one address"))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's, when it does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts until `stop` says so.
    pub async fn serve(self, answers: BoxedFilter<(Response,)>, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (tls, answers) = (self.tls.clone(), answers.clone());
                    tokio::spawn(async move {
                        connection(stream, tls, answers, Peer(peer)).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    time::sleep(REST).await;
                }
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    answers: BoxedFilter<(Response,)>,
    peer: Peer,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection keeps its delay: {error}");
    }
    let Some(tls) = tls else {
        return speak_http(stream, answers, peer).await;
    };
    match time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak_http(stream, answers, peer).await,
        Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
        Err(_) => tracing::debug!("a TLS handshake was not finished in time"),
    }
}

async fn speak_http<S>(stream: S, answers: BoxedFilter<(Response,)>, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let answers = TowerToHyperService::new(warp::service(answers));
    let with_peer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        answers.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), with_peer)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!("a connection ended: {error}");
    }
}
