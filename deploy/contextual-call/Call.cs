// A contextual call in C# (.NET 8), without a package: dotnet run -- KEY.pem KID FINESS AUDIENCE USER
// Prints the token. The record system puts it into a form and lets the browser send that (see contextual-call.md).
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

static string Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
static string Encode(object value) => Url(JsonSerializer.SerializeToUtf8Bytes(value));

var (kid, finess, audience, user) = (args[1], args[2], args[3], args[4]);
var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

var header = new { alg = "RS256", kid, typ = "JWT" };
var claims = new
{
    iss = finess,
    aud = audience,
    iat = now,
    exp = now + 60,                                        // made when the user clicks, never before
    jti = Url(RandomNumberGenerator.GetBytes(18)),         // new for each click
    sub = user,                                            // PS_IdNat
    auth_time = now - 600,                                 // when the user signed in to the record system
    amr = new[] { "sc", "pin", "mfa" },                    // how
    patient = new
    {
        ins = new { matricule = "250029912345672", oid = "1.2.250.1.213.1.4.8" },
        status = "VALI",                                   // without a qualified identity: no `ins`
        birth_name = "FICTIVE-DURAND",
        first_given_name = "Jeanne",
        birth_date = "1950-02-01",
        sex = "F",
        birth_place = "99123",
        local_id = "IPP-0001",
    },
};

using var key = RSA.Create();
key.ImportFromPem(File.ReadAllText(args[0]));
var input = $"{Encode(header)}.{Encode(claims)}";
var signature = key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
Console.WriteLine($"{input}.{Url(signature)}");
