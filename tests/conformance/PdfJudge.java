import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Judges each file against PDF/A-3b: a line that says "compliant", or the clauses that it breaks. */
public class PdfJudge {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            try (FileInputStream stream = new FileInputStream(file);
                    PDFAParser parser = Foundries.defaultInstance().createParser(stream, PDFAFlavour.PDFA_3_B)) {
                ValidationResult result =
                        Foundries.defaultInstance().createValidator(PDFAFlavour.PDFA_3_B, false).validate(parser);
                StringBuilder said = new StringBuilder(result.isCompliant() ? "compliant" : "broken:");
                for (TestAssertion each : result.getTestAssertions()) {
                    if (each.getStatus() == TestAssertion.Status.FAILED) {
                        said.append(' ').append(each.getRuleId().getClause()).append(' ').append(each.getMessage());
                    }
                }
                System.out.println(said.toString().replace('\n', ' '));
            }
        }
    }
}
