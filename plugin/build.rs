//! Puts the commit and the build's date into the plugin's description.

fn main() {
    gst_plugin_version_helper::info()
}
