#![allow(clippy::unwrap_used)]

use super::*;

const CODEC: Codec = Codec {
    bitrate: 32_000,
    complexity: 5,
    fec: true,
    loss: 0,
    frame: 20,
};

/// What a Janus 1.1.2 says while somebody joins, without most of the description.
const ATTACHED: &str =
    r#"{"janus":"success","session_id":77,"transaction":"3","data":{"id":1665478261410033}}"#;
const OFFER: &str = r#"{"janus":"event","session_id":77,"transaction":"message",
    "sender":1665478261410033,"plugindata":{"plugin":"janus.plugin.audiobridge",
    "data":{"audiobridge":"joined","room":2,"id":2410090783096316,"participants":[]}},
    "jsep":{"type":"offer","sdp":"v=0\r\na=fmtp:111 0 maxplaybackrate=48000; useinbandfec=0\r\n"}}"#;
const UP: &str = r#"{"janus":"webrtcup","session_id":77,"sender":1665478261410033}"#;
const FLOWS: &str = r#"{"janus":"media","session_id":77,"sender":1665478261410033,
    "mid":"0","type":"audio","receiving":true}"#;
const PAUSES: &str = r#"{"janus":"media","session_id":77,"sender":1665478261410033,
    "mid":"0","type":"audio","receiving":false,"seconds":1}"#;
const HANGUP: &str = r#"{"janus":"hangup","session_id":77,"sender":1665478261410033,
    "reason":"ICE failed"}"#;
const REFUSED: &str = r#"{"janus":"event","session_id":77,"sender":1665478261410033,
    "plugindata":{"plugin":"janus.plugin.audiobridge","data":{"audiobridge":"event",
    "error_code":485,"error":"No such room"}}}"#;
const ACK: &str = r#"{"janus":"ack","session_id":77,"transaction":"message"}"#;
const ERROR: &str = r#"{"janus":"error","transaction":"4",
    "error":{"code":460,"reason":"No such plugin"}}"#;

fn hear(bridge: &mut Bridge, text: &str) -> Option<Step> {
    bridge.hear(serde_json::from_str(text).unwrap())
}

fn of_leg(leg: usize, said: Said) -> Option<Step> {
    Some(Step::Tell(FromServer::Leg { leg, said }))
}

#[test]
fn a_join_goes_from_the_handle_to_the_first_sound() {
    let mut bridge = Bridge::new(CODEC, 2, 77);
    let asked = bridge.join(3);
    assert_eq!(
        (&asked["janus"], &asked["transaction"]),
        (&json!("attach"), &json!("3"))
    );
    let Some(Step::Say(join)) = hear(&mut bridge, ATTACHED) else {
        panic!("no join");
    };
    let body = json!({ "request": "join", "room": 2, "bitrate": 32_000, "quality": 5,
        "generate_offer": true });
    assert_eq!(join["body"], body);
    assert_eq!(join["handle_id"], 1_665_478_261_410_033_u64);
    assert_eq!(hear(&mut bridge, ACK), None);
    let sdp = "v=0\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n".to_owned();
    assert_eq!(hear(&mut bridge, OFFER), of_leg(3, Said::Offer { sdp }));
    let answer = bridge.answer(3, "v=1").unwrap();
    assert_eq!(answer["jsep"], json!({ "type": "answer", "sdp": "v=1" }));
    assert_eq!(answer["handle_id"], join["handle_id"]);
    assert_eq!(hear(&mut bridge, UP), of_leg(3, Said::Connected));
    assert_eq!(hear(&mut bridge, FLOWS), of_leg(3, Said::Flows));
    assert_eq!(hear(&mut bridge, PAUSES), None);
}

#[test]
fn what_goes_wrong_is_told() {
    let mut bridge = Bridge::new(CODEC, 2, 77);
    assert_eq!(hear(&mut bridge, UP), None, "nobody's");
    assert_eq!(bridge.answer(3, ""), None);
    hear(&mut bridge, ATTACHED);
    let failed = |cause: &str| {
        of_leg(
            3,
            Said::Failed {
                cause: cause.into(),
            },
        )
    };
    assert_eq!(hear(&mut bridge, HANGUP), failed("ICE failed"));
    assert_eq!(hear(&mut bridge, REFUSED), failed("No such room"));
    let complaint = Step::Complain("4: No such plugin".into());
    assert_eq!(hear(&mut bridge, ERROR), Some(complaint));
}

#[test]
fn without_fec_none_is_offered() {
    let sdp = "a=fmtp:111 0 useinbandfec=0\r\na=mid:0\r\n";
    let expected = "a=fmtp:111 minptime=10;useinbandfec=0\r\na=mid:0\r\n";
    assert_eq!(offered(sdp, false), expected);
}
