<?php
// A contextual call in PHP 8, without a package: php call.php KEY.pem KID FINESS AUDIENCE USER
// Prints the token. The record system puts it into a form and lets the browser send that (see contextual-call.md).
[, $keyFile, $kid, $finess, $audience, $user] = $argv;

$url = fn (string $bytes): string => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
$encode = fn (array $value): string => $url(json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES));
$now = time();

$header = ['alg' => 'RS256', 'kid' => $kid, 'typ' => 'JWT'];
$claims = [
    'iss' => $finess,
    'aud' => $audience,
    'iat' => $now,
    'exp' => $now + 60,                            // made when the user clicks, never before
    'jti' => $url(random_bytes(18)),               // new for each click
    'sub' => $user,                                // PS_IdNat
    'auth_time' => $now - 600,                     // when the user signed in to the record system
    'amr' => ['sc', 'pin', 'mfa'],                 // how
    'patient' => [
        'ins' => ['matricule' => '250029912345672', 'oid' => '1.2.250.1.213.1.4.8'],
        'status' => 'VALI',                        // without a qualified identity: no `ins`
        'birth_name' => 'FICTIVE-DURAND',
        'first_given_name' => 'Jeanne',
        'birth_date' => '1950-02-01',
        'sex' => 'F',
        'birth_place' => '99123',
        'local_id' => 'IPP-0001',
    ],
];

$input = $encode($header) . '.' . $encode($claims);
openssl_sign($input, $signature, file_get_contents($keyFile), OPENSSL_ALGO_SHA256) || exit(1); // RSA
echo $input, '.', $url($signature), "\n";
