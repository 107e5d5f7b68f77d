#!/bin/sh
# Installs the system's programs that a make target needs: tools/packages.sh python|run|lint|test
# It looks for each program first; apt, and with it root, is asked only for what is missing.
set -eu

wanted=

# need PACKAGES PROGRAM…: one of the programs must be there, or the packages that bring the first.
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
    # Debian's python3 comes without what makes virtual environments.
    if ! "$(tools/python.sh)" -c 'import ensurepip, venv' 2>/dev/null; then
        wanted="$wanted python3-venv"
    fi
}

# need_file PACKAGES FILE…: one of the files must be there.
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

# With these Xfce has its icons, in SVG, a readable font, one for Chinese, Japanese and Korean, a terminal, and its
# keyboard and screen settings.
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
    # Windows of GTK and of Qt, of the system's Python.
    need_file "python3-gi gir1.2-gtk-3.0" /usr/lib/python3/dist-packages/gi
    need_file python3-pyqt5 /usr/lib/python3/dist-packages/PyQt5
    # With the windows that it has on Xfce and GNOME.
    need "libreoffice-writer libreoffice-gtk3" lowriter
    # The program can be there without what makes windows.
    need_file default-jre /usr/lib/jvm/*/lib/libawt_xawt.so
    need xterm xterm
    need xauth xauth
    need xclip xclip
    need xsel xsel
    need xpra xpra
    # Debian's Xpra can be installed without these, and then shows nothing, or does not start.
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
    # Node needs it in the build that Playwright brings along.
    need_file libatomic1 /usr/lib/*/libatomic.so.1 /usr/lib64/libatomic.so.1
    # Ubuntu's Firefox is a snap, as is its Chromium; what MiniBrowser is in differs.
    grep -q '^ID=ubuntu' /etc/os-release || need firefox-esr firefox-esr firefox
    need_file webkit2gtk-driver /usr/lib/*/webkit*gtk-*/MiniBrowser
    # Ubuntu's is a snap; tools/chromium.sh brings another there.
    grep -q '^ID=ubuntu' /etc/os-release || need chromium chromium google-chrome
}

# Sort $wanted into what this distribution has ($available) and has not ($absent).
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
        echo "This distribution has no package$absent; what needs it is left out."
    fi
}

# Whether all that is wanted is what this distribution does not have: then nobody has to become root. Apt cannot say
# so on a fresh machine, where it has not fetched yet what there is.
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
        fail "Installing them takes root, and there is no sudo. Run as root: apt-get install --no-install-recommends"
    fi
}

fail() {
    echo "Programs are missing. $1$wanted" >&2
    exit 1
}

# with_apt [sudo]. The package lists of a fresh machine are old or empty.
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

# apt COMMAND…: run it, and say what can be done where it fails.
apt() {
    if ! "$@" >.make/apt.log 2>&1 9>&-; then
        tail -n 15 .make/apt.log >&2
        echo "apt could not install$wanted; its last lines are above. Is the network there, or a proxy to be set?" >&2
        exit 1
    fi
}

# Targets run at the same time with make -j, and apt serves one at a time.
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
