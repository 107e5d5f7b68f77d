#!/bin/sh
# Installs the system's programs that a make target needs: tools/packages.sh python|run|lint|test
# It looks for each program first; apt, and with it root, is used only for missing ones.
set -eu

wanted=

# need PACKAGES PROGRAM…: if none of the programs is installed, add the packages.
need() {
    packages=$1
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1; then
            return
        fi
    done
    wanted="$wanted $packages"
}

need_python() {
    # Debian's python3 lacks the modules for virtual environments.
    if ! "$(tools/python.sh)" -c 'import ensurepip, venv' 2>/dev/null; then
        wanted="$wanted python3-venv"
    fi
}

# need_file PACKAGES FILE…: if none of the files exists, add the packages.
need_file() {
    packages=$1
    shift
    for file in "$@"; do
        if [ -e "$file" ]; then
            return
        fi
    done
    wanted="$wanted $packages"
}

need_display_server() {
    need tigervnc-standalone-server Xtigervnc Xvnc /opt/TurboVNC/bin/Xvnc
}

# Xfce with icons, in SVG, a readable font, one for Chinese, Japanese and Korean, a terminal, and keyboard and screen
# settings.
xfce="xfce4 xfce4-terminal adwaita-icon-theme librsvg2-common fonts-dejavu-core fonts-wqy-microhei x11-xserver-utils"

need_bus() {
    need dbus-x11 dbus-run-session dbus-launch
}

need_for_tests() {
    need "$xfce" startxfce4
    need tigervnc-tools vncpasswd
    need x11-utils xprop
    need libglib2.0-bin gdbus
    need x11-xserver-utils xset
    need openbox openbox
    need mesa-utils glxgears
    need_file libgl1-mesa-dri /usr/lib/*/dri/swrast_dri.so /usr/lib/*/dri/libdril_dri.so
    # GTK and Qt for the system's Python.
    need_file "python3-gi gir1.2-gtk-3.0" /usr/lib/python3/dist-packages/gi
    need_file python3-pyqt5 /usr/lib/python3/dist-packages/PyQt5
    # With the GTK windows that it has on Xfce and GNOME.
    need "libreoffice-writer libreoffice-gtk3" lowriter
    need_file libyuv0 /usr/lib/*/libyuv.so.0 /usr/lib64/libyuv.so*
    # Java can be installed without the library for windows.
    need_file default-jre /usr/lib/jvm/*/lib/libawt_xawt.so
    need xterm xterm
    need xauth xauth
    need xclip xclip
    need xsel xsel
    need xpra xpra
    # Debian's Xpra only recommends these, but without them it shows nothing, or does not start.
    need_file python3-cryptography /usr/lib/python3/dist-packages/cryptography
    need_file python3-pil /usr/lib/python3/dist-packages/PIL
    need_file python3-lz4 /usr/lib/python3/dist-packages/lz4
    need_file libjs-jquery /usr/share/javascript/jquery/jquery.js
    need xvfb Xvfb
    need xserver-xorg-core Xorg
    need_file xserver-xorg-video-dummy /usr/lib/xorg/modules/drivers/dummy_drv.so
    need xdotool xdotool
    # In /usr/sbin, which not every user has on PATH.
    need_file nginx /usr/sbin/nginx
    need_file apache2-bin /usr/sbin/apache2
    need buildah buildah
    need mmdebstrap mmdebstrap
    need_file "slurmctld slurmd slurm-client" /usr/sbin/slurmctld
    need_file munge /usr/sbin/munged
    # For Playwright's build of Node.
    need_file libatomic1 /usr/lib/*/libatomic.so.1 /usr/lib64/libatomic.so.1
    # Ubuntu's Firefox is a snap, as is its Chromium. The folder of MiniBrowser varies.
    grep -q '^ID=ubuntu' /etc/os-release || need firefox-esr firefox-esr firefox
    need_file webkit2gtk-driver /usr/lib/*/webkit*gtk-*/MiniBrowser
    # Ubuntu's is a snap; there tools/chromium.sh installs another one.
    grep -q '^ID=ubuntu' /etc/os-release || need chromium chromium google-chrome
}

# Sort $wanted into packages that this distribution has ($available) and lacks ($absent).
sort_wanted() {
    available=
    absent=
    for package in $wanted; do
        if LC_ALL=C apt-cache policy "$package" 2>/dev/null | grep -q '^  Candidate: [^(]'; then
            available="$available $package"
        else
            absent="$absent $package"
        fi
    done
}

tell_absent() {
    if [ -n "$absent" ]; then
        echo "This distribution has no package$absent; everything that needs it is skipped."
    fi
}

# Whether the distribution lacks all wanted packages, so that root is not needed. Unknown on a fresh machine without
# apt's package lists.
only_absent() {
    if ! apt-cache madison dpkg 2>/dev/null | grep -q .; then
        return 1
    fi
    sort_wanted
    [ -z "$available" ]
}

install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "There is no apt-get here; install these with this system's package manager (Debian's names):"
    elif [ "$(id -u)" -eq 0 ]; then
        with_apt
    elif command -v sudo >/dev/null 2>&1; then
        with_apt sudo
    else
        fail "Installing them requires root, and there is no sudo. Run as root: apt-get install --no-install-recommends"
    fi
}

fail() {
    echo "Programs are missing. $1$wanted" >&2
    exit 1
}

# with_apt [sudo]: update first, because the package lists of a fresh machine are old or empty.
with_apt() {
    apt "$@" apt-get update
    sort_wanted
    tell_absent
    if [ -z "$available" ]; then
        return
    fi
    echo "Installing with apt:$available (log: .make/apt.log)"
    # shellcheck disable=SC2086 # one word for each package
    apt "$@" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $available
}

# apt COMMAND…: run it, and print a remedy if it fails.
apt() {
    if ! "$@" >.make/apt.log 2>&1 9>&-; then
        tail -n 15 .make/apt.log >&2
        echo "apt could not install$wanted; its last lines are above. Check the network and the proxy settings." >&2
        exit 1
    fi
}

# With make -j targets run in parallel, and apt allows one process at a time.
mkdir -p .make
exec 9>.make/packages.lock
if command -v flock >/dev/null 2>&1; then
    flock 9
fi

need_python
case $1 in
    run)
        need_display_server
        need_bus
        need "$xfce" startxfce4 mate-session startlxqt
        ;;
    lint)
        need shellcheck shellcheck
        ;;
    test)
        need_display_server
        need_bus
        need_for_tests
        ;;
esac

if [ -n "$wanted" ]; then
    if only_absent; then
        tell_absent
    else
        install
    fi
fi
