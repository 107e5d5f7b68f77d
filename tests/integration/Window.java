import java.awt.Frame;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;

/** A window of AWT; the program ends when it is open. */
class Window {
    public static void main(String[] arguments) {
        Frame frame = new Frame();
        frame.addWindowListener(new WindowAdapter() {
            @Override
            public void windowOpened(WindowEvent event) {
                System.exit(0);
            }
        });
        frame.setSize(200, 100);
        frame.setVisible(true);
    }
}
